import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { type Answer, ask, newKey } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid } from '../../parts/Grid'
import { useProved } from '../../parts/Proof'
import { beijing } from '../../parts/time'

type Exception = Answer<'/v1/exceptions', 'get'>['exceptions'][number]

/** What waits for a second person: never the data, only how many, which fields, for
 * whom and until when. Each decision needs a fresh passkey. */
export default function Approvals() {
  const { t } = useTranslation()
  return (
    <div className="gap">
      <h1>{t('common.nav.approvals')}</h1>
      <p className="soft">{t('officer.approvalsHow')}</p>
      <Exceptions />
      <Erasures />
      <FoundFiles />
    </div>
  )
}

/** Does a decision with a fresh passkey, and reads the list again. */
function useDecision<T>(key: string, act: (of: T) => Promise<unknown>) {
  const proved = useProved()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (of: T) => proved(() => act(of)),
    onSettled: () => cache.invalidateQueries({ queryKey: [key] }),
  })
}

function Section({ title, error, children }: { title: string; error: unknown; children: ReactNode }) {
  return (
    <section className="sheet gap" aria-label={title}>
      <h2>{title}</h2>
      {error ? <Failure error={error} /> : null}
      {children}
    </section>
  )
}

function Exceptions() {
  const { t } = useTranslation()
  const { me } = useSession()
  const list = useQuery({
    queryKey: ['exceptions'],
    queryFn: ({ signal }) => ask('get', '/v1/exceptions', { query: { limit: 100 }, signal }),
  })
  const decide = useDecision('exceptions', ({ id, approve }: { id: string; approve: boolean }) =>
    ask('post', '/v1/exceptions/{id}/decision', { path: { id }, body: { approve }, key: newKey() }),
  )
  const review = useDecision('exceptions', ({ id, justified }: { id: string; justified: boolean }) =>
    ask('post', '/v1/exceptions/{id}/review', { path: { id }, body: { justified }, key: newKey() }),
  )
  const mine = (e: Exception) => e.asked_by === me?.person || e.beneficiary === me?.person
  return (
    <Section title={t('officer.exceptions')} error={list.error ?? decide.error ?? review.error}>
      <Grid
        caption={t('officer.exceptionsCaption')}
        rows={list.data?.exceptions ?? []}
        rowKey={(e) => e.id}
        busy={list.isFetching}
        empty={<Nothing title={t('officer.noExceptions')}>{t('officer.noExceptionsHow')}</Nothing>}
        columns={[
          {
            key: 'state',
            title: t('officer.state'),
            cell: (e) => (
              <>
                <Tag>{word('exceptionState', e.state)}</Tag>
                {e.kind === 'break-glass' ? <Tag color="error">{t('officer.breakGlass')}</Tag> : null}
                {e.bulk ? <Tag color="warning">{t('officer.bulk')}</Tag> : null}
                {e.overdue ? <Tag color="error">{t('officer.overdue')}</Tag> : null}
              </>
            ),
            text: (e) => `${word('exceptionState', e.state)} ${e.kind}`,
          },
          {
            key: 'who',
            title: t('officer.forWhom'),
            cell: (e) => `${e.asked_by} → ${e.beneficiary}${e.recipient === 'own' ? '' : ` · ${e.recipient}`}`,
            text: (e) => `${e.asked_by} ${e.beneficiary} ${e.recipient}`,
          },
          {
            key: 'what',
            title: t('officer.what'),
            cell: (e) =>
              `${t('desk.people', { count: e.subjects })} · ${e.fields.map((f) => word('field', f)).join('、')} · ${word('form', e.form)}`,
          },
          {
            key: 'why',
            title: t('officer.whyAsked'),
            cell: (e) => `${word('purpose', e.purpose)} · ${word('exceptionReason', e.reason)}`,
            text: (e) => word('exceptionReason', e.reason),
          },
          { key: 'until', title: t('officer.until'), cell: (e) => beijing(e.until).slice(0, 16), text: (e) => e.until },
          {
            key: 'used',
            title: t('officer.used'),
            cell: (e) => `${e.used} / ${e.budget}`,
          },
          {
            key: 'line',
            title: t('officer.line'),
            cell: (e) => `${e.person_line.percent}%${e.recipient_line ? ` · ${e.recipient_line.percent}%` : ''}`,
          },
          {
            key: 'act',
            title: t('signin.act'),
            cell: (e) => {
              if (mine(e)) return <span className="small">{t('officer.notYourOwn')}</span>
              if (e.state === 'asked' || e.state === 'seconded') {
                return (
                  <Two
                    yes={t('officer.approve')}
                    no={t('officer.refuse')}
                    busy={decide.isPending}
                    on={(approve) => decide.mutate({ id: e.id, approve })}
                  />
                )
              }
              return e.review_due ? (
                <Two
                  yes={t('officer.justified')}
                  no={t('officer.unjustified')}
                  busy={review.isPending}
                  on={(justified) => review.mutate({ id: e.id, justified })}
                />
              ) : null
            },
          },
        ]}
      />
    </Section>
  )
}

function Two({ yes, no, busy, on }: { yes: string; no: string; busy: boolean; on: (yes: boolean) => void }) {
  return (
    <span className="acts tight">
      <Button size="small" type="primary" disabled={busy} onClick={() => on(true)}>
        {yes}
      </Button>
      <Button size="small" disabled={busy} onClick={() => on(false)}>
        {no}
      </Button>
    </span>
  )
}

function Erasures() {
  const { t } = useTranslation()
  const list = useQuery({ queryKey: ['erasures'], queryFn: ({ signal }) => ask('get', '/v1/erasures', { signal }) })
  const approve = useDecision('erasures', (id: string) =>
    ask('post', '/v1/erasures/{id}/approve', { path: { id }, key: newKey() }),
  )
  return (
    <Section title={t('officer.erasures')} error={list.error ?? approve.error}>
      <Grid
        caption={t('officer.erasuresCaption')}
        rows={list.data?.erasures ?? []}
        rowKey={(e) => e.id}
        busy={list.isFetching}
        empty={<Nothing title={t('officer.noErasures')}>{t('officer.noErasuresHow')}</Nothing>}
        columns={[
          {
            key: 'subject',
            title: t('officer.subjectId'),
            cell: (e) => (
              <Link to={`/who-saw/${e.subject}`}>
                <code>{e.subject.slice(0, 8)}</code>
              </Link>
            ),
            text: (e) => e.subject,
          },
          { key: 'by', title: t('officer.askedBy'), cell: (e) => e.asked_by, text: (e) => e.asked_by },
          { key: 'at', title: t('officer.at'), cell: (e) => beijing(e.asked_at), text: (e) => beijing(e.asked_at) },
          {
            key: 'act',
            title: t('signin.act'),
            cell: (e) => (
              <Button
                size="small"
                danger
                disabled={approve.isPending}
                onClick={() => approve.mutate(e.id)}
                data-testid="approve-erasure"
              >
                {t('officer.approveErasure')}
              </Button>
            ),
          },
        ]}
      />
      {approve.data ? <p role="status">{t('officer.erased')}</p> : null}
    </Section>
  )
}

function FoundFiles() {
  const { t } = useTranslation()
  const { me } = useSession()
  const list = useQuery({ queryKey: ['found'], queryFn: ({ signal }) => ask('get', '/v1/found-files', { signal }) })
  const approve = useDecision('found', (id: string) =>
    ask('post', '/v1/found-files/{id}/approve', { path: { id }, key: newKey() }),
  )
  return (
    <Section title={t('officer.found')} error={list.error ?? approve.error}>
      <Grid
        caption={t('officer.foundCaption')}
        rows={list.data?.files ?? []}
        rowKey={(f) => f.id}
        busy={list.isFetching}
        empty={<Nothing title={t('officer.noFound')}>{t('officer.noFoundHow')}</Nothing>}
        columns={[
          {
            key: 'case',
            title: t('officer.case'),
            cell: (f) => <code>{f.case.slice(0, 8)}</code>,
            text: (f) => f.case,
          },
          { key: 'rows', title: t('officer.rows'), cell: (f) => f.rows, text: (f) => String(f.rows) },
          { key: 'sha', title: 'SHA-256', cell: (f) => <code>{f.sha256.slice(0, 16)}</code>, text: (f) => f.sha256 },
          { key: 'by', title: t('officer.askedBy'), cell: (f) => f.asked_by, text: (f) => f.asked_by },
          { key: 'at', title: t('officer.at'), cell: (f) => beijing(f.asked_at), text: (f) => beijing(f.asked_at) },
          {
            key: 'act',
            title: t('signin.act'),
            cell: (f) =>
              f.asked_by === me?.person ? (
                <span className="small">{t('officer.notYourOwn')}</span>
              ) : (
                <Button size="small" type="primary" disabled={approve.isPending} onClick={() => approve.mutate(f.id)}>
                  {t('officer.approve')}
                </Button>
              ),
          },
        ]}
      />
    </Section>
  )
}
