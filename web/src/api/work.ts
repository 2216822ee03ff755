import { queryOptions } from '@tanstack/react-query'
import { ask } from './client'

/** My open work items: asked for before the workbench is loaded. */
export const myWork = queryOptions({
  queryKey: ['work'],
  queryFn: ({ signal }) => ask('get', '/v1/work-items', { query: { limit: 100 }, signal }),
})
