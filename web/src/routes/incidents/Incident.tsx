import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'react-router'
import { type Answer, ask, newKey } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Failure } from '../../parts/Failure'
import { useProved } from '../../parts/Proof'
import { beijing, day } from '../../parts/time'

type One = Answer<'/v1/incidents/{id}', 'get'>
type Verdict = 'notify' | 'not-notify'

/** One incident: its complaints, its clocks, whom the records say it affects, and the
 * decision. Who opened it by hand does not decide: the server refuses it. */
export function OneIncident({ id }: { id: string }) {
  const { t } = useTranslation()
  const { me } = useSession()
  const one = useQuery({
    queryKey: ['incident', id],
    queryFn: ({ signal }) => ask('get', '/v1/incidents/{id}', { path: { id }, signal }),
  })
  if (one.error) return <Failure error={one.error} again={() => void one.refetch()} />
  const i = one.data
  if (!i) return null
  const officer = me?.kind === 'officer'
  return (
    <section className="sheet gap" aria-label={t('incidents.incident')} data-testid="incident">
      <h2>
        {t('incidents.incident')} <code>{i.id}</code>
      </h2>
      <p>
        {t('incidents.between', { from: beijing(i.first).slice(0, 16), to: beijing(i.last).slice(0, 16) })} ·{' '}
        {i.opened_by ? t('incidents.openedBy', { who: i.opened_by }) : t('incidents.byItself')}
      </p>
      <ul>
        {i.clocks.map((c) => (
          <li key={c.id}>
            {c.name}: {beijing(c.until).slice(0, 16)} {c.late ? <strong>{t('incidents.late')}</strong> : null}{' '}
            <span className="small soft">({c.mark})</span>
          </li>
        ))}
      </ul>
      {officer ? <Cases of={i} /> : null}
      <Reach of={i} />
      {i.decision ? <Decided of={i.decision} /> : null}
      {officer && !i.decision ? <Assess id={i.id} /> : null}
      {officer && !i.decision ? <Decide of={i} /> : null}
    </section>
  )
}

function Cases({ of }: { of: One }) {
  const { t } = useTranslation()
  return (
    <>
      <h3>{t('incidents.complaints')}</h3>
      <ul data-testid="cases">
        {of.cases.map((c) => (
          <li key={c.id}>
            <Link to={`/complaints?from=${day(Date.parse(c.filed_at))}&to=${day(Date.parse(c.filed_at))}`}>
              <code>{c.id.slice(0, 8)}</code>
            </Link>{' '}
            · {word('state', c.state)} · {beijing(c.called_at).slice(0, 16)} · {word('channel', c.channel)} ·{' '}
            {t('officer.caller')}: <code>{c.caller?.slice(0, 6) ?? '—'}</code> {(c.registered ?? []).join(' ')} ·{' '}
            {c.known.map((k) => word('field', k)).join('、')}
          </li>
        ))}
      </ul>
      <p>
        <Link to={`/trace?from=${day(Date.parse(of.first))}&to=${day(Date.now())}&incident=${of.id}`}>
          {t('officer.traceThese')}
        </Link>
      </p>
    </>
  )
}

/** How many people the records say are affected; never who. */
function Reach({ of }: { of: One }) {
  const { t } = useTranslation()
  const a = of.assessment
  return (
    <>
      <h3>{t('incidents.affected')}</h3>
      <p data-testid="affected">
        {a
          ? a.affected
            ? t('incidents.people', { count: a.affected })
            : t('incidents.few')
          : t('incidents.notCounted')}
        {a && a.named === 0 ? ` ${t('incidents.lowerBound')}` : ''}
      </p>
    </>
  )
}

function Assess({ id }: { id: string }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const [asked] = useSearchParams()
  const [run, setRun] = useState(asked.get('run') ?? '')
  const assess = useMutation({
    mutationFn: () =>
      ask('post', '/v1/incidents/{id}/assessment', { path: { id }, body: { run: run.trim() }, key: newKey() }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['incident', id] }),
  })
  return (
    <>
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault()
          assess.mutate()
        }}
      >
        <label htmlFor="run">
          <span>{t('incidents.run')}</span>
          <Input id="run" value={run} onChange={(e) => setRun(e.target.value)} maxLength={32} />
        </label>
        <Button htmlType="submit" disabled={run.trim().length !== 32} loading={assess.isPending} data-testid="assess">
          {t('incidents.count')}
        </Button>
      </form>
      {assess.error ? <Failure error={assess.error} /> : null}
    </>
  )
}

/** Notify or not, on a reason of the list and in the officer's own words, proven with a
 * fresh passkey. It closes the incident. */
function Decide({ of }: { of: One }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const proved = useProved()
  const [chosen, setChosen] = useState('')
  const [note, setNote] = useState('')
  const [verdict, reason] = chosen.split('|') as [Verdict, never]
  const decide = useMutation({
    mutationFn: () =>
      proved(() =>
        ask('post', '/v1/incidents/{id}/decision', {
          path: { id: of.id },
          body: { verdict, reason, note },
          key: newKey(),
        }),
      ),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['incident', of.id] })
      await cache.invalidateQueries({ queryKey: ['incidents'] })
    },
  })
  return (
    <form
      className="gap"
      data-testid="decide"
      onSubmit={(e) => {
        e.preventDefault()
        decide.mutate()
      }}
    >
      <h3>{t('incidents.decision')}</h3>
      {(['notify', 'not-notify'] as const).map((v) => (
        <fieldset key={v}>
          <legend>{word('incidentState', v)}</legend>
          {(of.reasons[v] ?? []).map((r) => (
            <label key={r}>
              <input
                type="radio"
                name="verdict"
                value={`${v}|${r}`}
                checked={chosen === `${v}|${r}`}
                onChange={(e) => setChosen(e.target.value)}
              />{' '}
              {word('decisionReason', r)}
            </label>
          ))}
        </fieldset>
      ))}
      <label htmlFor="decision-note">{t('incidents.note')}</label>
      <Input.TextArea
        id="decision-note"
        rows={3}
        maxLength={4000}
        value={note}
        onChange={(e) => setNote(e.target.value)}
      />
      <Button
        type="primary"
        htmlType="submit"
        disabled={chosen === '' || note.trim().length < 10}
        loading={decide.isPending}
        data-testid="sign-decision"
      >
        {t('incidents.sign')}
      </Button>
      {decide.error ? <Failure error={decide.error} /> : null}
    </form>
  )
}

function Decided({ of }: { of: NonNullable<One['decision']> }) {
  const { t } = useTranslation()
  return (
    <div data-testid="decided">
      <p>
        <strong>{word('incidentState', of.verdict)}</strong> · {word('decisionReason', of.reason)} · {of.by} ·{' '}
        {beijing(of.at).slice(0, 16)}
      </p>
      <p>
        <Link to={`/ledger/${of.entry}`}>{t('rules.entry', { entry: of.entry })}</Link>
      </p>
    </div>
  )
}
