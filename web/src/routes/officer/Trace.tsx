import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Spin, Tag } from 'antd'
import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'react-router'
import { type Answer, ask, newKey } from '../../api/client'
import { word } from '../../i18n'
import { Bars } from '../../parts/Bars'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { addDays, beijing, day, startOf } from '../../parts/time'
import { Pack } from './Pack'
import { Window } from './Window'

type Run = Answer<'/v1/traces/{id}', 'get'>
type Finding = Answer<'/v1/traces', 'post'>
type Candidate = Finding['detail']['candidates'][number]

/** Who the records point to. A run is an entry of the ledger; its key stands in the
 * address, so that one who left the page finds the same run again. */
export default function Trace() {
  const { t } = useTranslation()
  const [asked, setAsked] = useSearchParams()
  const to = asked.get('to') ?? day(Date.now())
  const from = asked.get('from') ?? addDays(to, -90)
  const id = asked.get('id') ?? ''
  const key = asked.get('run') ?? ''
  const incident = asked.get('incident') ?? '' // that the run is made for
  // A run is asked for once, under the key in the address, and goes on when the page
  // is left. Done, it is found again by its own id, as it was recorded.
  const run = useQuery({
    queryKey: ['run', from, to, key],
    queryFn: () =>
      ask('post', '/v1/traces', { body: { complaints: { from: startOf(from), to: startOf(addDays(to, 1)) } }, key }),
    enabled: key !== '' && id === '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 3_600_000,
    retry: false,
  })
  const done = run.data?.id
  useEffect(() => {
    if (done && key !== '') setAsked({ from, to, id: done, ...(incident && { incident }) }, { replace: true })
  }, [done, key, from, to, incident, setAsked])
  const trace = useQuery({
    queryKey: ['trace', id],
    queryFn: ({ signal }) => ask('get', '/v1/traces/{id}', { path: { id }, signal }),
    enabled: id !== '',
    retry: false,
  })
  return (
    <>
      <h1>{t('officer.trace')}</h1>
      <div className="filters">
        <Window from={from} to={to} onChange={(f, u) => setAsked({ from: f, to: u }, { replace: true })} />
        <Button
          type="primary"
          onClick={() => setAsked({ from, to, run: newKey(), ...(incident && { incident }) })}
          loading={trace.isFetching}
          data-testid="run"
        >
          {t('officer.run')}
        </Button>
      </div>
      {id === '' && key === '' ? <Nothing title={t('officer.noRun')}>{t('officer.noRunHow')}</Nothing> : null}
      {run.isFetching || trace.isFetching ? (
        <p role="status">
          <Spin /> {t('officer.running')}
        </p>
      ) : null}
      {run.error ? <Failure error={run.error} /> : null}
      {trace.error ? <Failure error={trace.error} /> : null}
      {trace.data ? <Found run={trace.data} from={startOf(from)} until={startOf(addDays(to, 1))} /> : null}
      {trace.data && incident ? (
        <p>
          <Link to={`/incidents/${incident}?run=${id}`}>{t('incidents.back')}</Link>
        </p>
      ) : null}
    </>
  )
}

const percent = (p: number) => (p > 0.9995 ? '> 99.9' : (p * 100).toFixed(1))

/** Odds as people say them: 12 to 1. */
function odds(p: number): string {
  if (p >= 0.9999) return '> 9999 : 1'
  const o = p / (1 - p)
  return o >= 1 ? `${o.toFixed(o < 10 ? 1 : 0)} : 1` : `1 : ${(1 / o).toFixed(1 / o < 10 ? 1 : 0)}`
}

function Found({ run, from, until }: { run: Run; from: string; until: string }) {
  const { t, i18n } = useTranslation()
  const f = run.finding as Finding
  const bars = useMemo(
    () => [
      ...f.ranking.slice(0, 8).map((r) => ({
        name: r.recipient,
        value: r.probability,
        label: `${percent(r.probability)}%  ${odds(r.probability)}`,
      })),
      { name: t('officer.nobodyRecorded'), value: f.p_none, label: `${percent(f.p_none)}%` },
    ],
    [f, t],
  )
  const details = new Map(f.detail.candidates.map((c) => [c.recipient, c]))
  const [first, second] = f.ranking
  const need = f.detail.need
  return (
    <section className="gap" aria-label={t('officer.finding')} data-testid="finding">
      <Alert
        type={f.verdict === 'accuse' ? 'warning' : 'info'}
        showIcon
        title={
          <span data-testid="verdict">
            {t(`officer.verdict.${verdictOf(f.verdict)}`, { who: f.accused.join('、'), group: f.group.join('、') })}
          </span>
        }
        description={t('officer.recorded', { entry: run.entry })}
      />
      <Bars bars={bars} title={t('officer.chart')} />
      <table className="grid">
        <caption className="small">{t('officer.ranking')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('officer.recipient')}</th>
            <th scope="col">{t('officer.probability')}</th>
            <th scope="col">{t('officer.odds')}</th>
            <th scope="col">{t('officer.evidence')}</th>
          </tr>
        </thead>
        <tbody>
          {f.ranking.slice(0, 8).map((r) => (
            <tr key={r.recipient} data-testid="ranked">
              <td>{r.recipient}</td>
              <td>{percent(r.probability)}%</td>
              <td>{odds(r.probability)}</td>
              <td>
                <Evidence of={details.get(r.recipient)} items={f.detail.items} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small">{t('officer.noneShare', { none: percent(f.p_none) })}</p>
      <section aria-label={t('officer.words')} data-testid="words">
        <h2>{t('officer.words')}</h2>
        <ul>
          {(i18n.language === 'en' ? run.said_en : run.said_zh).map((said) => (
            <li key={said}>{said}</li>
          ))}
        </ul>
      </section>
      {second && first ? (
        <p data-testid="separate">
          <strong>{t('officer.separate', { a: first.recipient, b: second.recipient })}</strong>{' '}
          {need.kind === ''
            ? t('officer.nothingNeeded')
            : t('officer.need', {
                what: word('need', need.kind),
                count: need.complaints ?? 0,
                share: percent(need.overlap ?? 0),
              })}
        </p>
      ) : null}
      <details>
        <summary>{t('officer.guards')}</summary>
        <ul>
          {f.detail.guards.map((g) => (
            <li key={g.guard}>
              <Tag color={g.holds ? 'success' : 'error'}>{t(g.holds ? 'officer.holds' : 'officer.fails')}</Tag>{' '}
              {g.guard}: {g.value.toPrecision(3)} / {g.needs.toPrecision(3)}
            </li>
          ))}
        </ul>
      </details>
      {first ? <Pack order={{ kind: 'recipient', recipient: first.recipient, from, until }} /> : null}
      <p className="small">{t('officer.casePack')}</p>
    </section>
  )
}

function verdictOf(v: string): 'accuse' | 'group' | 'undecided' | 'nobody' {
  return v === 'accuse' || v === 'group' || v === 'nobody' ? v : 'undecided'
}

/** The evidence for one recipient, in words. */
function Evidence({ of, items }: { of: Candidate | undefined; items: number }) {
  const { t } = useTranslation()
  if (!of || of.shown === 0) return <span className="soft">{t('officer.noDetail')}</span>
  return (
    <>
      {t('officer.because', {
        inside: of.inside,
        items,
        shown: of.shown,
        expected: of.expected.toFixed(1),
        ratio: of.ratio.toFixed(1),
        from: beijing(of.from * 1000).slice(0, 16),
        until: beijing(of.until * 1000).slice(0, 16),
      })}
      {of.twins && of.twins > 1 ? ` ${t('officer.twins', { count: of.twins })}` : ''}
      {of.alias ? ` ${t('officer.alias')}` : ''}
    </>
  )
}
