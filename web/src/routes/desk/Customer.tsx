import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Spin } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, newKey, Problem, type Schemas } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Failure } from '../../parts/Failure'
import { Plain } from '../../parts/Plain'
import { Reasons } from '../../parts/Reasons'
import { markOf, Watermarked } from '../../parts/Watermark'
import { Outcome } from './Outcome'

/** What each purpose needs to see first, as masks. */
const needed: Record<string, string[]> = {
  telesales: ['name', 'phone', 'company'],
  support: ['name', 'phone', 'email', 'company'],
  billing: ['name', 'email', 'company'],
  'partner-lead': ['name', 'phone', 'company'],
  'complaint-handling': ['name', 'phone', 'email'],
  'rights-request': ['name', 'phone', 'email'],
}

/** One customer: masks, one click to call, the outcome. Showing her is an answer of
 * the server's, recorded before it is given; it is asked for once. */
export function Customer({
  work,
  subject,
  onSaved,
}: {
  work: Schemas['WorkItem']
  subject: string
  onSaved: () => Promise<void>
}) {
  const { t } = useTranslation()
  const { me } = useSession()
  const [plainMark, setPlainMark] = useState<{ id: string; at: string } | null>(null)
  const request = { purpose: work.purpose, work_item: work.id, subjects: [subject] }
  const fields = [...(needed[work.purpose] ?? ['name']), 'note']
  const seen = useQuery({
    queryKey: ['masked', work.id, subject],
    queryFn: ({ signal }) => ask('post', '/v1/disclosures', { body: { ...request, form: 'masked', fields }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const key = useRef(newKey())
  const call = useMutation({
    mutationFn: () =>
      ask('post', '/v1/calls', { body: { subject, purpose: work.purpose, work_item: work.id }, key: key.current }),
    onSuccess: () => {
      key.current = newKey() // the next click is another call; a retry of this one is not
    },
    onError: (e) => {
      if (e instanceof Problem && e.status !== 0 && e.status !== 503) key.current = newKey()
    },
  })
  const refused = seen.error instanceof Problem && seen.error.status === 403 ? seen.error : null
  const last = plainMark ?? seen.data
  const mark = last && me ? markOf(me.person, last.at, last.id) : ''

  return (
    <Watermarked mark={mark} disclosure={last?.id ?? ''}>
      <section className="sheet" aria-label={t('desk.customer')} aria-busy={seen.isPending}>
        <h2 className="mono" data-testid="subject">
          {t('desk.customer')} {subject.slice(0, 8)}
        </h2>
        {seen.isPending ? <Spin /> : null}
        {refused ? (
          <Alert type="warning" showIcon title={t('desk.refused')} description={<Reasons problem={refused} />} />
        ) : seen.error ? (
          <Failure error={seen.error} again={() => void seen.refetch()} />
        ) : null}
        {seen.data ? (
          <Values values={seen.data.results[0]?.values ?? {}} request={request} onShown={setPlainMark} />
        ) : null}
        <div className="acts">
          <Button
            type="primary"
            onClick={() => call.mutate()}
            loading={call.isPending}
            disabled={seen.isPending}
            data-testid="call"
          >
            {t('desk.call')}
          </Button>
          {call.data ? (
            <span role="status" data-testid="called">
              {t('desk.called')} <code className="small">{call.data.id.slice(0, 8)}</code>
            </span>
          ) : null}
        </div>
        {call.error ? <Failure error={call.error} again={() => call.mutate()} /> : null}
        <Outcome work={work} subject={subject} onSaved={onSaved} />
      </section>
    </Watermarked>
  )
}

function Values(props: {
  values: Record<string, string>
  request: { purpose: string; work_item: string; subjects: string[] }
  onShown: (mark: { id: string; at: string }) => void
}) {
  const { t } = useTranslation()
  const { note, ...values } = props.values
  return (
    <>
      <dl className="values">
        {Object.entries(values).map(([field, masked]) => (
          <div key={field} style={{ display: 'contents' }}>
            <dt>{word('field', field)}</dt>
            <dd className="masked" data-testid={`masked-${field}`}>
              {masked}
            </dd>
            <dd>
              <Plain request={props.request} field={field} onShown={props.onShown} />
            </dd>
          </div>
        ))}
      </dl>
      {note ? (
        <section aria-label={t('desk.notes')}>
          <h3>{t('desk.notes')}</h3>
          <ul data-testid="notes">
            {note.split('\n').map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  )
}
