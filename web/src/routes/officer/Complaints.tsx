import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'react-router'
import { type Answer, ask, newKey } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid, usePages } from '../../parts/Grid'
import { addDays, beijing, day, daysLeft, startOf } from '../../parts/time'
import { Pack } from './Pack'
import { Window } from './Window'

type Complaint = Answer<'/v1/complaints', 'get'>['complaints'][number]

/** Days within which a complaint is to be answered. */
const term = 15

/** The complaints board: what was filed, in which state, and how long is left. */
export default function Complaints() {
  const { t } = useTranslation()
  const [asked, setAsked] = useSearchParams()
  const to = asked.get('to') ?? day(Date.now())
  const from = asked.get('from') ?? addDays(to, -30)
  const { cursor, back, forth, reset } = usePages()
  const [open, setOpen] = useState<Complaint | null>(null)
  const list = useQuery({
    queryKey: ['complaints', from, to, cursor],
    queryFn: ({ signal }) =>
      ask('get', '/v1/complaints', {
        query: { from: cursor || startOf(from), to: startOf(addDays(to, 1)), limit: 50 },
        signal,
      }),
  })
  const now = Date.now()
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
        rows={list.data?.complaints ?? []}
        rowKey={(c) => c.id}
        busy={list.isFetching}
        onOpen={setOpen}
        previous={back}
        next={list.data?.next ? () => forth(list.data?.next ?? '') : undefined}
        empty={<Nothing title={t('officer.noComplaints')}>{t('officer.noComplaintsHow')}</Nothing>}
        columns={[
          { key: 'id', title: t('officer.case'), cell: (c) => <code>{c.id.slice(0, 8)}</code>, text: (c) => c.id },
          {
            key: 'state',
            title: t('officer.state'),
            cell: (c) => <Tag>{word('state', c.state)}</Tag>,
            text: (c) => word('state', c.state),
          },
          {
            key: 'filed',
            title: t('officer.filed'),
            cell: (c) => beijing(c.filed_at).slice(0, 16),
            text: (c) => beijing(c.filed_at),
          },
          { key: 'left', title: t('officer.left'), cell: (c) => <Left of={c} now={now} /> },
          {
            key: 'channel',
            title: t('officer.channel'),
            cell: (c) => word('channel', c.channel),
            text: (c) => word('channel', c.channel),
          },
          { key: 'known', title: t('officer.known'), cell: (c) => c.known.map((k) => word('field', k)).join('、') },
          { key: 'verified', title: t('officer.verified'), cell: (c) => t(c.verified ? 'officer.yes' : 'officer.no') },
        ]}
      />
      {open ? <OneComplaint key={open.id} of={open} /> : null}
    </>
  )
}

function Left({ of, now }: { of: Complaint; now: number }) {
  const { t } = useTranslation()
  if (of.state === 'closed') return <span className="soft">{t('officer.notApplicable')}</span>
  const n = daysLeft(new Date(of.filed_at).getTime() + term * 86_400_000, now)
  return n < 0 ? (
    <Tag color="error">{t('officer.over', { count: -n })}</Tag>
  ) : (
    <span>{t('officer.days', { count: n })}</span>
  )
}

/** What the officer does with one complaint. She closes none that she handled: the
 * server refuses it, whatever a page offers. */
function OneComplaint({ of }: { of: Complaint }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const [assignee, setAssignee] = useState('')
  const [reason, setReason] = useState('')
  const settled = () => cache.invalidateQueries({ queryKey: ['complaints'] })
  const assign = useMutation({
    mutationFn: () =>
      ask('post', '/v1/complaints/{id}/assignment', {
        path: { id: of.id },
        body: { assignee: assignee.trim(), until: new Date(Date.now() + term * 86_400_000).toISOString() },
        key: newKey(),
      }),
    onSuccess: settled,
  })
  const close = useMutation({
    mutationFn: () =>
      ask('post', '/v1/complaints/{id}/closing', { path: { id: of.id }, body: { reason }, key: newKey() }),
    onSuccess: settled,
  })
  return (
    <section className="sheet gap" aria-label={t('officer.case')} data-testid="complaint">
      <h2>
        {t('officer.case')} <code>{of.id}</code>
      </h2>
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault()
          assign.mutate()
        }}
      >
        <label htmlFor="assignee">
          <span>{t('officer.assignTo')}</span>
          <Input id="assignee" value={assignee} onChange={(e) => setAssignee(e.target.value)} maxLength={40} />
        </label>
        <Button htmlType="submit" disabled={assignee.trim() === ''} loading={assign.isPending}>
          {t('officer.assign')}
        </Button>
        {assign.data ? <span role="status">{t('officer.assigned')}</span> : null}
      </form>
      {assign.error ? <Failure error={assign.error} /> : null}
      <details>
        <summary>{t('officer.closeSecond')}</summary>
        <p className="soft">{t('officer.closeSecondHow')}</p>
        <label htmlFor="reason">{t('officer.reason')}</label>
        <Input.TextArea
          id="reason"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
        />
        <Button danger disabled={reason.trim().length < 10} loading={close.isPending} onClick={() => close.mutate()}>
          {t('officer.close')}
        </Button>
        {close.error ? <Failure error={close.error} /> : null}
      </details>
      <Pack order={{ kind: 'case', complaint: of.id }} />
    </section>
  )
}
