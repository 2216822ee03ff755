import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'
import { ask } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { day } from '../../parts/time'
import { Seen, type SeenEntry, Whose } from './Seen'

/** What a person, or an organisation, was shown: by day and field, and entry by entry. */
export default function WhatGot() {
  const { t } = useTranslation()
  const { id } = useParams()
  const go = useNavigate()
  return (
    <>
      <h1>{t('common.nav.whatGot')}</h1>
      <Whose
        key={id}
        label={t('officer.recipientId')}
        how={t('officer.recipientHow')}
        initial={id ?? ''}
        onGo={(x) => void go(`/what-got/${x}`)}
      />
      {id ? <List key={id} id={id} /> : <Nothing title={t('officer.whatFirst')}>{t('officer.whatFirstHow')}</Nothing>}
    </>
  )
}

function List({ id }: { id: string }) {
  const { t } = useTranslation()
  const list = useInfiniteQuery({
    queryKey: ['what-got', id],
    queryFn: ({ pageParam, signal }) =>
      ask('get', '/v1/recipients/{id}/disclosures', { path: { id }, query: { cursor: pageParam, limit: 100 }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.disclosures) ?? [], [list.data])
  if (list.error) return <Failure error={list.error} again={() => void list.refetch()} />
  return (
    <div className="gap">
      <Heat rows={rows} />
      <Seen
        caption={t('officer.whatCaption')}
        rows={rows}
        busy={list.isFetching}
        previous={undefined}
        next={undefined}
      />
      {list.hasNextPage ? (
        <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('common.more')}
        </Button>
      ) : null}
    </div>
  )
}

/** How many people were shown, by day and field: a table whose cells are shaded. */
function Heat({ rows }: { rows: SeenEntry[] }) {
  const { t } = useTranslation()
  const { days, fields, count, most } = useMemo(() => {
    const count = new Map<string, number>()
    const days = new Set<string>()
    const fields = new Set<string>()
    for (const r of rows) {
      if (r.shown === 0) continue
      const d = day(r.at)
      days.add(d)
      for (const f of r.fields) {
        fields.add(f)
        count.set(`${d} ${f}`, (count.get(`${d} ${f}`) ?? 0) + r.shown)
      }
    }
    return { count, days: [...days].sort(), fields: [...fields].sort(), most: Math.max(1, ...count.values()) }
  }, [rows])
  if (days.length === 0) return null
  return (
    <table className="grid heat" data-testid="heat">
      <caption className="small">{t('officer.heat')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('officer.day')}</th>
          {fields.map((f) => (
            <th key={f} scope="col">
              {word('field', f)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.map((d) => (
          <tr key={d}>
            <th scope="row">{d}</th>
            {fields.map((f) => {
              const n = count.get(`${d} ${f}`) ?? 0
              const share = Math.round((45 * n) / most)
              return (
                <td key={f} style={{ background: `color-mix(in srgb, var(--accent) ${share}%, transparent)` }}>
                  {n === 0 ? '' : n}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
