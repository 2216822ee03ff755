import { useMutation, useQueries, useQuery } from '@tanstack/react-query'
import { Button, Spin } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'react-router'
import { type Answer, ask, Problem } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { addDays, day, startOf } from '../../parts/time'

type WhoCanAnswer = Answer<'/v1/questions/who-can', 'post'>
type Able = WhoCanAnswer['able'][number]

/** How far back the slider goes, in days. */
const reach = 365

const shades: Record<string, number> = { none: 0, masked: 8, token: 12, relay: 14, alias: 18, plain: 24 }

/** Who can see what: people by fields, on any day since the ledger began. Of a
 * subject, the question is an entry of the ledger. */
export default function WhoCan() {
  const { t } = useTranslation()
  const [asked, setAsked] = useSearchParams()
  const today = day(Date.now())
  const at = asked.get('at') ?? today
  const subject = asked.get('subject') ?? ''
  const back = Math.min(
    reach,
    Math.max(0, Math.round((Date.parse(startOf(today)) - Date.parse(startOf(at))) / 86_400_000)),
  )
  const [ago, setAgo] = useState(back)
  const purposes = useQuery({ queryKey: ['purposes'], queryFn: ({ signal }) => ask('get', '/v1/purposes', { signal }) })
  const fields = [...new Set((purposes.data?.purposes ?? []).flatMap((p) => p.fields.map((f) => f.field)))].sort()
  const answers = useQueries({
    queries: fields.map((field) => ({
      queryKey: ['who-can', field, at, subject],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        ask('post', '/v1/questions/who-can', {
          body: {
            field,
            ...(subject === '' ? {} : { subject }),
            ...(at === today ? {} : { at: new Date(Date.parse(startOf(addDays(at, 1))) - 1000).toISOString() }),
          },
          signal,
        }),
      staleTime: 60_000,
      retry: false,
    })),
  })
  const move = (to: string) => setAsked({ at: to, ...(subject === '' ? {} : { subject }) }, { replace: true })
  // A sheet may name a field that this company does not store: it has no column.
  const stored = fields.flatMap((field, i) => {
    const answer = answers[i]
    return answer && !isUnknown(answer.error) ? [{ field, ...answer }] : []
  })
  const error = purposes.error ?? stored.find((a) => a.error)?.error
  const ready = purposes.isSuccess && stored.every((a) => a.isSuccess)
  return (
    <div className="gap">
      <h1>{t('common.nav.whoCan')}</h1>
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault()
          const id = String(new FormData(e.currentTarget).get('subject') ?? '').trim()
          setAsked({ at, ...(id === '' ? {} : { subject: id }) }, { replace: true })
        }}
      >
        <label htmlFor="history">
          <span>{t('officer.history', { day: addDays(today, -ago) })}</span>
          <input
            id="history"
            className="slider"
            type="range"
            min={-reach}
            max={0}
            value={-ago}
            aria-valuetext={addDays(today, -ago)}
            onChange={(e) => setAgo(-Number(e.target.value))}
            onPointerUp={() => move(addDays(today, -ago))}
            onKeyUp={() => move(addDays(today, -ago))}
          />
        </label>
        <label htmlFor="on">
          <span>{t('officer.day')}</span>
          <input
            id="on"
            className="choice"
            type="date"
            value={at}
            max={today}
            onChange={(e) => {
              if (e.target.value === '') return
              setAgo(
                Math.min(
                  reach,
                  Math.round((Date.parse(startOf(today)) - Date.parse(startOf(e.target.value))) / 86_400_000),
                ),
              )
              move(e.target.value)
            }}
          />
        </label>
        <label htmlFor="subject">
          <span>{t('officer.ofSubject')}</span>
          <input
            id="subject"
            name="subject"
            className="choice mono"
            size={34}
            maxLength={32}
            defaultValue={subject}
            placeholder={t('officer.anybody')}
          />
        </label>
        <Button htmlType="submit">{t('officer.look')}</Button>
      </form>
      {error ? <Failure error={error} /> : null}
      {!ready && !error ? <Spin className="waiting" /> : null}
      {ready ? <Matrix fields={stored.map((a) => a.field)} answers={stored.map((a) => a.data)} at={at} /> : null}
      <Shared fields={stored.map((a) => a.field)} />
    </div>
  )
}

const isUnknown = (e: unknown) => e instanceof Problem && e.status === 422

function Matrix({ fields, answers, at }: { fields: string[]; answers: (WhoCanAnswer | undefined)[]; at: string }) {
  const { t } = useTranslation()
  const of = answers.map((a) => new Map((a?.able ?? []).map((x) => [x.person, x])))
  const people = [...new Set(of.flatMap((m) => [...m.keys()]))].sort()
  const first = answers[0]
  const notes = (
    <p className="small">
      {t('officer.whoCanOf', { able: people.length, all: first?.people ?? 0, day: at })}{' '}
      {first?.shipped_rules_changed ? t('officer.rulesChanged') : ''}{' '}
      {first?.unopened ? t('officer.unopened', { count: first.unopened }) : ''}
    </p>
  )
  if (people.length === 0) {
    return (
      <>
        <Nothing title={t('officer.nobodyCan')}>{t('officer.nobodyCanHow')}</Nothing>
        {notes}
      </>
    )
  }
  const kindOf = (p: string) => of.map((m) => m.get(p)).find((x) => x)
  return (
    <>
      <div className="wide">
        <table className="grid heat" data-testid="matrix">
          <caption className="small">{t('officer.matrix')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('team.person')}</th>
              <th scope="col">{t('team.kind')}</th>
              {fields.map((f) => (
                <th key={f} scope="col">
                  {word('field', f)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {people.map((p) => {
              const x = kindOf(p)
              return (
                <tr key={p}>
                  <th scope="row">
                    <Link to={`/what-got/${p}`}>{p}</Link>
                  </th>
                  <td>{x ? `${word('kind', x.kind)}${x.org === 'own' ? '' : ` · ${x.org}`}` : ''}</td>
                  {of.map((m, i) => (
                    <Cell key={fields[i]} able={m.get(p)} />
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {notes}
    </>
  )
}

function Cell({ able }: { able: Able | undefined }) {
  const { t } = useTranslation()
  if (!able) return <td />
  const share = shades[able.form] ?? 0
  return (
    <td style={{ background: `color-mix(in srgb, var(--accent) ${share}%, transparent)` }}>
      {able.form === 'none' ? t('officer.callOnly') : word('form', able.form)}
      <div className="small">{t('desk.people', { count: able.subjects })}</div>
      <details className="small">
        <summary>{t('officer.rule')}</summary>
        {able.by.map((r) => (
          <code key={r} className="rule block">
            {r}
          </code>
        ))}
      </details>
    </td>
  )
}

/** How many customers share a mask: masks that few share are never shown. */
function Shared({ fields }: { fields: string[] }) {
  const { t } = useTranslation()
  const count = useMutation({
    mutationFn: (body: { field: string; mask: string }) => ask('post', '/v1/questions/shared-mask', { body }),
  })
  return (
    <form
      className="sheet gap"
      aria-label={t('officer.sharedMask')}
      onSubmit={(e) => {
        e.preventDefault()
        const form = new FormData(e.currentTarget)
        const mask = String(form.get('mask') ?? '').trim()
        if (mask !== '') count.mutate({ field: String(form.get('field')), mask })
      }}
    >
      <h2>{t('officer.sharedMask')}</h2>
      <p className="soft">{t('officer.sharedHow')}</p>
      <div className="filters">
        <label htmlFor="mask-field">
          <span>{t('officer.fields')}</span>
          <select id="mask-field" name="field" className="choice">
            {fields.map((f) => (
              <option key={f} value={f}>
                {word('field', f)}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor="mask">
          <span>{t('officer.mask')}</span>
          <input id="mask" name="mask" className="choice" maxLength={60} placeholder={t('officer.maskExample')} />
        </label>
        <Button htmlType="submit" loading={count.isPending} data-testid="count-mask">
          {t('officer.countMask')}
        </Button>
      </div>
      {count.error ? <Failure error={count.error} /> : null}
      {count.data ? (
        <p role="status" data-testid="shared">
          {count.data.people === undefined
            ? t('officer.fewShare', { count: count.data.enough })
            : t('officer.shareMask', { count: count.data.people })}
        </p>
      ) : null}
    </form>
  )
}
