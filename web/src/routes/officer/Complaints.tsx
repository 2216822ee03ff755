import { useQuery } from '@tanstack/react-query'
import { Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'react-router'
import { type Answer, ask } from '../../api/client'
import { word } from '../../i18n'
import { Due } from '../../parts/Due'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid, usePages } from '../../parts/Grid'
import { addDays, beijing, day, startOf } from '../../parts/time'
import { OneComplaint } from './Complaint'
import { Window } from './Window'

export type Complaint = Answer<'/v1/complaints', 'get'>['complaints'][number]

/** The complaints board: what was filed, in which state, and how long is left. */
export default function Complaints() {
  const { t } = useTranslation()
  const [asked, setAsked] = useSearchParams()
  const to = asked.get('to') ?? day(Date.now())
  const from = asked.get('from') ?? addDays(to, -30)
  const { cursor, back, forth, reset } = usePages()
  const [open, setOpen] = useState('')
  const list = useQuery({
    queryKey: ['complaints', from, to, cursor],
    queryFn: ({ signal }) =>
      ask('get', '/v1/complaints', {
        query: { from: cursor || startOf(from), to: startOf(addDays(to, 1)), limit: 50 },
        signal,
      }),
  })
  const rows = list.data?.complaints ?? []
  const one = rows.find((c) => c.id === open)
  return (
    <>
      <h1>{t('officer.complaints')}</h1>
      <div className="filters">
        <Window
          from={from}
          to={to}
          onChange={(f, u) => {
            reset()
            setAsked({ from: f, to: u }, { replace: true })
          }}
        />
        <Link to={`/trace?from=${from}&to=${to}`}>{t('officer.traceThese')}</Link>
      </div>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      <Grid
        caption={t('officer.complaintsCaption')}
        rows={rows}
        rowKey={(c) => c.id}
        busy={list.isFetching}
        onOpen={(c) => setOpen(c.id)}
        previous={back}
        next={list.data?.next ? () => forth(list.data?.next ?? '') : undefined}
        empty={<Nothing title={t('officer.noComplaints')}>{t('officer.noComplaintsHow')}</Nothing>}
        columns={[
          { key: 'id', title: t('officer.case'), cell: (c) => <code>{c.id.slice(0, 8)}</code>, text: (c) => c.id },
          {
            key: 'state',
            title: t('officer.state'),
            cell: (c) => (
              <>
                <Tag>{word('state', c.state)}</Tag>
                {c.escalated ? <Tag color="error">{t('officer.escalated')}</Tag> : null}
                {c.appeal_due ? (
                  <Tag color="warning">
                    {t('incidents.appealDue')} <Due at={c.appeal_due} over={false} />
                  </Tag>
                ) : null}
              </>
            ),
            text: (c) =>
              `${word('state', c.state)} ${c.escalated ? t('officer.escalated') : ''} ${c.appeal_due ? t('incidents.appealDue') : ''}`,
          },
          {
            key: 'filed',
            title: t('officer.filed'),
            cell: (c) => beijing(c.filed_at).slice(0, 16),
            text: (c) => beijing(c.filed_at),
          },
          { key: 'left', title: t('officer.left'), cell: (c) => <Due at={c.due} over={c.state === 'closed'} /> },
          {
            key: 'channel',
            title: t('officer.channel'),
            cell: (c) => word('channel', c.channel),
            text: (c) => word('channel', c.channel),
          },
          {
            key: 'caller',
            title: t('officer.caller'),
            cell: (c) => (
              <>
                {c.caller ? <code title={t('officer.callerHow')}>{c.caller.slice(0, 6)}</code> : ''}{' '}
                {(c.registered ?? []).map((o) => (
                  <Link key={o} to={`/partners/${encodeURIComponent(o)}`}>
                    {o}
                  </Link>
                ))}
              </>
            ),
            text: (c) => `${c.caller ?? ''} ${(c.registered ?? []).join(' ')}`,
          },
          {
            key: 'known',
            title: t('officer.known'),
            cell: (c) => c.known.map((k) => word('field', k)).join('、'),
            text: (c) => c.known.map((k) => word('field', k)).join(' '),
          },
          { key: 'verified', title: t('officer.verified'), cell: (c) => t(c.verified ? 'officer.yes' : 'officer.no') },
        ]}
      />
      {one ? <OneComplaint key={one.id} of={one} /> : null}
    </>
  )
}
