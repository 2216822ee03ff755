import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Progress } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, newKey, Problem } from '../../api/client'
import { word } from '../../i18n'
import { addDays, day, startOf } from '../../parts/time'
import { deal, type Portion, readIds } from './share'

const kinds = ['call-task', 'support-ticket', 'partner-lead', 'rights-request', 'retention'] as const
type Kind = (typeof kinds)[number]

interface Job {
  portions: (Portion & { key: string })[]
  done: number
  failed: { to: string; why: string }[]
  running: boolean
}

const place = ['assigning']

/** Assigns a list of people to the chosen ones, evenly. It goes on when the page is
 * left, and is found again here. */
export function Assign({ to }: { to: string[] }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const [text, setText] = useState('')
  const [kind, setKind] = useState<Kind>('call-task')
  const [purpose, setPurpose] = useState('')
  const [until, setUntil] = useState(addDays(day(Date.now()), 7))
  const purposes = useQuery({ queryKey: ['purposes'], queryFn: ({ signal }) => ask('get', '/v1/purposes', { signal }) })
  const { data: job } = useQuery<Job | null>({
    queryKey: place,
    queryFn: () => null,
    enabled: false,
    gcTime: Number.POSITIVE_INFINITY,
    initialData: null,
  })
  const { ids, wrong } = readIds(text)
  const fit = (purposes.data?.purposes ?? []).filter((p) => p.work?.includes(kind))
  const chosen = fit.find((p) => p.purpose === purpose)?.purpose ?? fit[0]?.purpose ?? ''

  const start = async () => {
    const portions = deal(ids, to).map((p) => ({ ...p, key: newKey() }))
    const now: Job = { portions, done: 0, failed: [], running: true }
    const tell = () => cache.setQueryData<Job>(place, { ...now })
    tell()
    for (const p of portions) {
      try {
        await ask('post', '/v1/work-items', {
          body: {
            kind,
            purpose: chosen,
            assignee: p.to,
            subjects: p.subjects,
            until: startOf(addDays(until, 1)),
          },
          key: p.key,
        })
      } catch (e) {
        now.failed = [...now.failed, { to: p.to, why: e instanceof Problem ? e.detail || e.code : '' }]
      }
      now.done++
      tell()
    }
    now.running = false
    tell()
    await cache.invalidateQueries({ queryKey: ['team'] })
  }

  return (
    <form
      className="sheet gap"
      aria-label={t('team.assign')}
      onSubmit={(e) => {
        e.preventDefault()
        void start()
      }}
    >
      <h2>{t('team.assign')}</h2>
      <p className="soft">{t('team.assignHow')}</p>
      <label className="block" htmlFor="ids">
        {t('team.ids')}
        <Input.TextArea
          id="ids"
          rows={4}
          className="mono"
          value={text}
          onChange={(e) => setText(e.target.value)}
          spellCheck={false}
        />
      </label>
      <p className="small" role="status">
        {t('team.counted', { count: ids.length, people: to.length })}
        {wrong > 0 ? ` ${t('team.wrong', { count: wrong })}` : ''}
      </p>
      <div className="filters">
        <label htmlFor="work-kind">
          <span>{t('team.workKind')}</span>
          <select id="work-kind" className="choice" value={kind} onChange={(e) => setKind(e.target.value as Kind)}>
            {kinds.map((k) => (
              <option key={k} value={k}>
                {word('workKind', k)}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor="purpose">
          <span>{t('officer.purpose')}</span>
          <select id="purpose" className="choice" value={chosen} onChange={(e) => setPurpose(e.target.value)}>
            {fit.map((p) => (
              <option key={p.purpose} value={p.purpose}>
                {word('purpose', p.purpose)}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor="until">
          <span>{t('team.until')}</span>
          <input
            id="until"
            type="date"
            className="choice"
            value={until}
            min={day(Date.now())}
            onChange={(e) => setUntil(e.target.value)}
          />
        </label>
        <Button
          htmlType="submit"
          type="primary"
          disabled={ids.length === 0 || to.length === 0 || chosen === ''}
          loading={job?.running ?? false}
          data-testid="assign"
        >
          {t('team.assignGo')}
        </Button>
      </div>
      {job ? (
        <div data-testid="assigned">
          <Progress
            percent={Math.round((100 * job.done) / Math.max(1, job.portions.length))}
            aria-label={t('team.assign')}
            {...(job.failed.length > 0 ? { status: 'exception' as const } : {})}
          />
          <p role="status">{t('team.progress', { done: job.done - job.failed.length, all: job.portions.length })}</p>
          {job.failed.map((f, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows
            <p key={i} className="small">
              {f.to}: {f.why}
            </p>
          ))}
        </div>
      ) : null}
    </form>
  )
}
