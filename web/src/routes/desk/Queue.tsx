import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Spin } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, type Schemas } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Customer } from './Customer'

/** The queue of one work item: who is in it, as short ids, and what became of each.
 * Nobody is opened until it is her turn. */
export function Queue({ work }: { work: Schemas['WorkItem'] }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const [chosen, setChosen] = useState('')
  const members = useInfiniteQuery({
    queryKey: ['members', work.id],
    queryFn: ({ pageParam, signal }) =>
      ask('get', '/v1/subjects', { query: { work_item: work.id, limit: 100, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
  const outcomes = useQuery({
    queryKey: ['outcomes', work.id],
    queryFn: ({ signal }) => ask('get', '/v1/work-items/{id}/outcomes', { path: { id: work.id }, signal }),
  })
  if (members.isPending || outcomes.isPending) return <Spin className="waiting" />
  const error = members.error ?? outcomes.error
  if (error || !members.data) return <Failure error={error} again={() => void members.refetch()} />
  const done = new Map(outcomes.data?.outcomes.map((o) => [o.subject, o.outcome]))
  const people = members.data.pages.flatMap((p) => p.subjects)
  const waiting = people.filter((s) => !done.has(s))
  const current = people.includes(chosen) ? chosen : (waiting[0] ?? '')

  const saved = async (subject: string) => {
    setChosen(waiting.find((s) => s !== subject) ?? '')
    await cache.invalidateQueries({ queryKey: ['outcomes', work.id] })
    cache.removeQueries({ queryKey: ['masked', work.id, subject] }) // shown again, she is asked for again
  }

  return (
    <div className="columns">
      <nav className="sheet" aria-label={t('desk.queue')}>
        <p className="small" data-testid="progress">
          {t('desk.progress', { done: people.length - waiting.length, all: people.length })}
        </p>
        <ul className="queue">
          {people.map((s, i) => (
            <li key={s}>
              <button type="button" aria-current={s === current} onClick={() => setChosen(s)}>
                <span>
                  {i + 1}. <span className="mono">{s.slice(0, 8)}</span>
                </span>
                <span className="small">{done.has(s) ? word('outcome', done.get(s) ?? '') : ''}</span>
              </button>
            </li>
          ))}
        </ul>
        {members.hasNextPage ? (
          <Button onClick={() => void members.fetchNextPage()} loading={members.isFetchingNextPage}>
            {t('common.more')}
          </Button>
        ) : null}
      </nav>
      {current === '' ? (
        <Nothing title={t('desk.allDone')}>{t('desk.allDoneHow')}</Nothing>
      ) : (
        <Customer key={current} work={work} subject={current} onSaved={() => saved(current)} />
      )}
    </div>
  )
}
