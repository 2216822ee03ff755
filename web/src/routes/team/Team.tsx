import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Tag } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { type Answer, ask, newKey } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid, usePages } from '../../parts/Grid'
import { Stacks } from '../../parts/Stacks'
import { beijing, daysLeft } from '../../parts/time'
import { Assign } from './Assign'

export type Member = Answer<'/v1/team', 'get'>['people'][number]

const results = ['reached', 'interested', 'not-interested', 'call-again', 'no-answer', 'wrong-number', 'opt-out']

/** How many days before its end a contract is shown as ending. */
const soon = 30

/** The team: who has how much work, what becomes of it, whose contract ends, and the
 * cut-off of who leaves. */
export default function Team() {
  const { t } = useTranslation()
  const { me } = useSession()
  const [asked, setAsked] = useSearchParams()
  const days = Number(asked.get('days') ?? 7)
  const { cursor, back, forth, reset } = usePages()
  const [chosen, setChosen] = useState<string[]>([])
  const list = useQuery({
    queryKey: ['team', days, cursor],
    queryFn: ({ signal }) => ask('get', '/v1/team', { query: { days, after: cursor, limit: 50 }, signal }),
  })
  const people = useMemo(() => list.data?.people ?? [], [list.data])
  const next = list.data?.next
  return (
    <div className="gap">
      <h1>{t('team.title')}</h1>
      <div className="filters">
        <label htmlFor="days">
          <span>{t('team.window')}</span>
          <select
            id="days"
            className="choice"
            value={days}
            onChange={(e) => {
              reset()
              setAsked({ days: e.target.value }, { replace: true })
            }}
          >
            {[1, 7, 30, 90].map((n) => (
              <option key={n} value={n}>
                {t('team.days', { count: n })}
              </option>
            ))}
          </select>
        </label>
      </div>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      {people.length > 0 ? <Charts people={people} /> : null}
      <Grid
        caption={t('team.caption')}
        rows={people}
        rowKey={(p) => p.person}
        busy={list.isFetching}
        previous={back}
        next={next ? () => forth(next) : undefined}
        empty={<Nothing title={t('team.nobody')}>{t('team.nobodyHow')}</Nothing>}
        columns={[
          ...(me?.kind === 'officer'
            ? [
                {
                  key: 'choose',
                  title: t('team.choose'),
                  cell: (p: Member) => (
                    <input
                      type="checkbox"
                      aria-label={t('team.chooseOne', { person: p.person })}
                      disabled={p.ended ?? false}
                      checked={chosen.includes(p.person)}
                      onChange={(e) =>
                        setChosen(e.target.checked ? [...chosen, p.person] : chosen.filter((x) => x !== p.person))
                      }
                    />
                  ),
                },
              ]
            : []),
          { key: 'person', title: t('team.person'), cell: (p) => p.person, text: (p) => p.person },
          {
            key: 'kind',
            title: t('team.kind'),
            cell: (p) => [word('kind', p.kind), p.org, p.post].filter(Boolean).join(' · '),
            text: (p) => `${word('kind', p.kind)} ${p.org} ${p.post ?? ''}`,
          },
          { key: 'items', title: t('team.items'), cell: (p) => p.work_items, text: (p) => String(p.work_items) },
          { key: 'people', title: t('team.people'), cell: (p) => p.subjects, text: (p) => String(p.subjects) },
          { key: 'outcomes', title: t('team.outcomes'), cell: (p) => <Outcomes of={p} /> },
          {
            key: 'contract',
            title: t('team.contract'),
            cell: (p) => <Ends at={p.contract_until} ended={p.ended ?? false} />,
            text: (p) => p.contract_until ?? '',
          },
          {
            key: 'trained',
            title: t('team.trained'),
            cell: (p) => <Ends at={p.trained_until} ended={false} none={t('team.never')} />,
            text: (p) => p.trained_until ?? '',
          },
          ...(me?.kind === 'officer' || me?.kind === 'secadmin'
            ? [{ key: 'cut', title: t('team.leaver'), cell: (p: Member) => <CutOff of={p} /> }]
            : []),
        ]}
      />
      {me?.kind === 'officer' ? <Assign to={chosen} /> : null}
    </div>
  )
}

function Charts({ people }: { people: Member[] }) {
  const { t } = useTranslation()
  const load = useMemo(() => people.map((p) => ({ name: p.person, values: { people: p.subjects } })), [people])
  const became = useMemo(() => people.map((p) => ({ name: p.person, values: p.outcomes })), [people])
  const series = useMemo(() => results.map((r) => ({ key: r, name: word('outcome', r) })), [])
  const one = useMemo(() => [{ key: 'people', name: t('team.people') }], [t])
  return (
    <div className="halves">
      <section className="sheet" aria-label={t('team.load')}>
        <h2>{t('team.load')}</h2>
        <Stacks stacks={load} series={one} title={t('team.load')} />
      </section>
      <section className="sheet" aria-label={t('team.became')}>
        <h2>{t('team.became')}</h2>
        <Stacks stacks={became} series={series} title={t('team.became')} />
      </section>
    </div>
  )
}

function Outcomes({ of }: { of: Member }) {
  const all = results.filter((r) => of.outcomes[r]).map((r) => `${word('outcome', r)} ${of.outcomes[r]}`)
  return <span className="small">{all.join(' · ')}</span>
}

function Ends({ at, ended, none }: { at: string | undefined; ended: boolean; none?: string }) {
  const { t } = useTranslation()
  if (ended) return <Tag>{t('team.ended')}</Tag>
  if (!at) return <span className="soft">{none ?? t('team.open')}</span>
  const left = daysLeft(at, Date.now())
  const text = beijing(at).slice(0, 10)
  if (left > soon) return <span>{text}</span>
  return <Tag color={left < 0 ? 'error' : 'warning'}>{`${text} ${left < 0 ? t('team.over') : t('team.soon')}`}</Tag>
}

/** Ends a contract now: sessions, work and powers end with it. */
function CutOff({ of }: { of: Member }) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const cache = useQueryClient()
  const end = useMutation({
    mutationFn: () => ask('post', '/v1/people/{id}/end', { path: { id: of.person }, key: newKey() }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['team'] }),
  })
  if (of.ended) return null
  return (
    <>
      <Button
        size="small"
        danger
        loading={end.isPending}
        aria-label={t('team.cutOne', { person: of.person })}
        onClick={() =>
          modal.confirm({
            title: t('team.cutOne', { person: of.person }),
            content: t('team.cutHow'),
            okText: t('team.cut'),
            cancelText: t('common.cancel'),
            onOk: () => end.mutateAsync().catch(() => {}),
          })
        }
      >
        {t('team.cut')}
      </Button>
      {end.error ? <Failure error={end.error} /> : null}
    </>
  )
}
