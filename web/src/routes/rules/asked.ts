// What the page of rules asks the server for, and how it names it.

import { queryOptions } from '@tanstack/react-query'
import { ask } from '../../api/client'
import { word } from '../../i18n'

export const lists = ['rule-proposals']

export const rulesInForce = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => ask('get', '/v1/rules', { signal }),
})

/** A proposal. While its trial runs it is asked for again, so that one who comes back
 * sees how far it is. */
export const oneProposal = (id: string) =>
  queryOptions({
    queryKey: ['rule-proposal', id],
    queryFn: ({ signal }) => ask('get', '/v1/rule-proposals/{id}', { path: { id }, signal }),
    refetchInterval: (q) => (q.state.data?.trial === 'running' ? 1000 : false),
  })

/** Names what a proposal changes: rules, caps, and purposes by theirs. */
export function changed(what: string[]): string {
  return what
    .map((w) =>
      w.startsWith('purpose ')
        ? `${word('ruleChange', 'purpose')} ${word('purpose', w.slice(8))}`
        : word('ruleChange', w),
    )
    .join('、')
}
