import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Steps, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, newKey } from '../../api/client'
import { word } from '../../i18n'
import { Account } from '../../parts/Account'
import { Due } from '../../parts/Due'
import { Failure } from '../../parts/Failure'
import { useProved } from '../../parts/Proof'
import { addDays, beijing, day, startOf } from '../../parts/time'
import type { Complaint } from './Complaints'
import { Pack } from './Pack'

const way = ['accepted', 'in-handling', 'replied', 'closed'] as const

/** Where a complaint stands: a contested one begins its way again. */
function Way({ of }: { of: Complaint }) {
  const { t } = useTranslation()
  const at = of.state === 'reopened' ? 0 : Math.max(0, way.indexOf(of.state as (typeof way)[number]))
  return (
    <Steps
      size="small"
      current={at}
      aria-label={t('officer.state')}
      items={way.map((s, i) => ({ title: word('state', i === 0 && of.state === 'reopened' ? 'reopened' : s) }))}
    />
  )
}

/** What the officer does with one complaint. She closes none that she handled, or
 * whose handler she chose: the server refuses it, whatever a page offers. */
export function OneComplaint({ of }: { of: Complaint }) {
  const { t } = useTranslation()
  return (
    <section className="sheet gap" aria-label={t('officer.case')} data-testid="complaint">
      <h2>
        {t('officer.case')} <code>{of.id}</code>
      </h2>
      <Way of={of} />
      <p>
        {t('officer.left')}: <Due at={of.due} over={of.state === 'closed'} />
        {of.silent_until ? ` · ${t('officer.silentUntil', { at: beijing(of.silent_until).slice(0, 16) })}` : ''}
        {of.taken_by ? ` · ${t('officer.takenBy', { who: of.taken_by })}` : ''}{' '}
        {of.escalated ? <Tag color="error">{t('officer.escalated')}</Tag> : null}
      </p>
      <Account complaint={of.id} />
      {of.appeal_due ? <AnswerAppeal id={of.id} due={of.appeal_due} /> : null}
      {of.state === 'closed' ? null : <Give id={of.id} />}
      {of.state === 'closed' ? null : <CloseAsSecond id={of.id} />}
      <Pack order={{ kind: 'case', complaint: of.id }} />
    </section>
  )
}

/** How long a handler has, in days. */
const term = 15

function Give({ id }: { id: string }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const [assignee, setAssignee] = useState('')
  const assign = useMutation({
    mutationFn: () =>
      ask('post', '/v1/complaints/{id}/assignment', {
        path: { id },
        body: { assignee: assignee.trim(), until: startOf(addDays(day(Date.now()), term)) },
        key: newKey(),
      }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['complaints'] }),
  })
  return (
    <>
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
        <Button htmlType="submit" disabled={assignee.trim() === ''} loading={assign.isPending} data-testid="give">
          {t('officer.assign')}
        </Button>
        {assign.data ? (
          <span role="status" data-testid="given">
            {t('officer.assigned')}
          </span>
        ) : null}
      </form>
      {assign.error ? <Failure error={assign.error} /> : null}
    </>
  )
}

function CloseAsSecond({ id }: { id: string }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const proved = useProved()
  const [reason, setReason] = useState('')
  const close = useMutation({
    mutationFn: () =>
      proved(() => ask('post', '/v1/complaints/{id}/closing', { path: { id }, body: { reason }, key: newKey() })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['complaints'] }),
  })
  return (
    <details data-testid="close-second">
      <summary>{t('officer.closeSecond')}</summary>
      <p className="soft">{t('officer.closeSecondHow')}</p>
      <label htmlFor="reason">{t('officer.reason')}</label>
      <Input.TextArea id="reason" rows={2} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
      <Button
        danger
        disabled={reason.trim().length < 10}
        loading={close.isPending}
        onClick={() => close.mutate()}
        data-testid="close"
      >
        {t('officer.close')}
      </Button>
      {close.error ? <Failure error={close.error} /> : null}
    </details>
  )
}

/** An appeal is answered by an officer who had no part in the complaint. What she wrote
 * is among what she wrote of the complaint. */
function AnswerAppeal({ id, due }: { id: string; due: string }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const proved = useProved()
  const [text, setText] = useState('')
  const inbox = useQuery({
    queryKey: ['appeals'],
    queryFn: ({ signal }) => ask('get', '/v1/appeals', { query: { limit: 100 }, signal }),
  })
  const appeal = inbox.data?.appeals.find((a) => a.complaint === id)
  const answer = useMutation({
    mutationFn: (outcome: 'upheld' | 'dismissed') =>
      proved(() =>
        ask('post', '/v1/appeals/{id}/answer', {
          path: { id: appeal?.id ?? '' },
          body: { outcome, text },
          key: newKey(),
        }),
      ),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['appeals'] })
      await cache.invalidateQueries({ queryKey: ['complaints'] })
    },
  })
  return (
    <section aria-label={t('incidents.appealInbox')} data-testid="appeal">
      <h3>
        {t('incidents.appealInbox')} <Due at={due} over={false} />
      </h3>
      <p className="soft">{t('incidents.appealHow')}</p>
      <label htmlFor="appeal-answer">{t('incidents.answer')}</label>
      <Input.TextArea
        id="appeal-answer"
        rows={3}
        maxLength={4000}
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      {(['upheld', 'dismissed'] as const).map((outcome) => (
        <Button
          key={outcome}
          disabled={!appeal || text.trim().length < 10}
          loading={answer.isPending}
          onClick={() => answer.mutate(outcome)}
          data-testid={outcome}
        >
          {word('appealOutcome', outcome)}
        </Button>
      ))}
      {(inbox.error ?? answer.error) ? <Failure error={inbox.error ?? answer.error} /> : null}
    </section>
  )
}
