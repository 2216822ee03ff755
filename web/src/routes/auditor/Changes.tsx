import { useQuery } from '@tanstack/react-query'
import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'react-router'
import { type Answer, ask } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid } from '../../parts/Grid'
import { addDays, beijing, day, startOf } from '../../parts/time'
import { Window } from '../officer/Window'

type Change = Answer<'/v1/questions/changes', 'post'>['changes'][number]

/** Who changed what anybody may, before and after; and which written rule is enforced
 * by what. */
export default function Changes() {
  const { t } = useTranslation()
  const [asked, setAsked] = useSearchParams()
  const to = asked.get('to') ?? day(Date.now())
  const from = asked.get('from') ?? addDays(to, -30)
  const of = asked.get('of') ?? ''
  const list = useQuery({
    queryKey: ['changes', from, to, of],
    queryFn: ({ signal }) =>
      ask('post', '/v1/questions/changes', {
        body: { from: startOf(from), until: startOf(addDays(to, 1)), ...(of === '' ? {} : { of }) },
        signal,
      }),
    retry: false,
  })
  const rows = list.data?.changes ?? []
  return (
    <div className="gap">
      <h1>{t('common.nav.changes')}</h1>
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault()
          const id = String(new FormData(e.currentTarget).get('of') ?? '').trim()
          setAsked({ from, to, ...(id === '' ? {} : { of: id }) }, { replace: true })
        }}
      >
        <Window
          from={from}
          to={to}
          onChange={(f, u) => setAsked({ from: f, to: u, ...(of === '' ? {} : { of }) }, { replace: true })}
        />
        <label htmlFor="of">
          <span>{t('auditor.changeOf')}</span>
          <input id="of" name="of" className="choice mono" maxLength={64} defaultValue={of} />
        </label>
        <Button htmlType="submit">{t('officer.look')}</Button>
      </form>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      <Grid
        caption={t('auditor.changesCaption')}
        rows={rows}
        rowKey={(c) => `${c.entry} ${c.kind} ${c.of}`}
        busy={list.isFetching}
        empty={<Nothing title={t('auditor.noChanges')}>{t('auditor.noChangesHow')}</Nothing>}
        columns={[
          {
            key: 'entry',
            title: t('auditor.entry'),
            cell: (c) => <Link to={`/ledger/${c.entry}`}>{c.entry}</Link>,
            text: (c) => String(c.entry),
          },
          { key: 'at', title: t('officer.at'), cell: (c) => beijing(c.at), text: (c) => beijing(c.at) },
          {
            key: 'kind',
            title: t('auditor.kind'),
            cell: (c) => word('rowKind', c.kind),
            text: (c) => word('rowKind', c.kind),
          },
          { key: 'of', title: t('auditor.changed'), cell: (c) => <code>{c.of}</code>, text: (c) => c.of },
          {
            key: 'by',
            title: t('auditor.changedBy'),
            cell: (c) => (c.approved_by ? `${c.by} · ${t('auditor.approvedBy', { who: c.approved_by })}` : c.by),
            text: (c) => `${c.by} ${c.approved_by ?? ''}`,
          },
          {
            key: 'what',
            title: t('auditor.differs'),
            cell: (c) => <Difference of={c} />,
            text: (c) => c.differs.join(' '),
          },
        ]}
      />
      {list.data && !list.data.whole ? <p role="status">{t('auditor.moreChanges')}</p> : null}
      <Written />
    </div>
  )
}

function said(value: unknown): string {
  if (value === undefined || value === null || value === '') return '—'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

function Difference({ of }: { of: Change }) {
  const { t } = useTranslation()
  const before = (of.before ?? {}) as Record<string, unknown>
  const after = (of.after ?? {}) as Record<string, unknown>
  if (of.before === undefined) return <span className="soft">{t('auditor.isNew')}</span>
  return (
    <dl className="difference">
      {of.differs.map((f) => (
        <div key={f}>
          <dt>{f}</dt>
          <dd className="mono small">
            <del>{said(before[f])}</del> → <ins>{said(after[f])}</ins>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Written() {
  const { t, i18n } = useTranslation()
  const list = useQuery({
    queryKey: ['written'],
    queryFn: ({ signal }) => ask('post', '/v1/questions/written', { body: {}, signal }),
    staleTime: 60_000,
  })
  return (
    <section className="sheet gap" aria-label={t('auditor.written')}>
      <h2>{t('auditor.written')}</h2>
      {list.error ? <Failure error={list.error} /> : null}
      <Grid
        caption={t('auditor.writtenCaption')}
        rows={list.data?.written ?? []}
        rowKey={(r) => `${r.where} ${r.zh}`}
        busy={list.isFetching}
        empty={<Nothing title={t('auditor.noWritten')}>{t('auditor.noWrittenHow')}</Nothing>}
        columns={[
          { key: 'where', title: t('auditor.where'), cell: (r) => r.where, text: (r) => r.where },
          {
            key: 'text',
            title: t('auditor.ruleText'),
            cell: (r) => (i18n.language === 'en' ? r.en : r.zh),
            text: (r) => (i18n.language === 'en' ? r.en : r.zh),
          },
          {
            key: 'by',
            title: t('auditor.enforcedBy'),
            cell: (r) =>
              r.enforced ? (
                <code className="rule">{[...r.rules, r.by ?? ''].filter(Boolean).join(', ')}</code>
              ) : (
                <Tag color="warning">{t('auditor.notEnforced')}</Tag>
              ),
            text: (r) => [...r.rules, r.by ?? '', r.enforced ? '' : t('auditor.notEnforced')].join(' '),
          },
        ]}
      />
    </section>
  )
}
