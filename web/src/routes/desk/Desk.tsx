import { useQuery } from '@tanstack/react-query'
import { Spin } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'
import { myWork } from '../../api/work'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { beijing } from '../../parts/time'
import { Handling } from './Handling'
import { Queue } from './Queue'

/** The workbench: the agent's work items, and the queue of the one that is open. */
export default function Desk() {
  const { t } = useTranslation()
  const { work: open } = useParams()
  const go = useNavigate()
  const items = useQuery(myWork)
  if (items.isPending) return <Spin className="waiting" />
  if (items.error) return <Failure error={items.error} again={() => void items.refetch()} />
  const all = items.data.work_items
  const current = all.find((w) => w.id === open) ?? all[0]
  return (
    <>
      <h1>{t('desk.title')}</h1>
      {current === undefined ? (
        <Nothing title={t('desk.noWork')}>{t('desk.noWorkHow')}</Nothing>
      ) : (
        <>
          <div className="filters">
            <label>
              <span>{t('desk.workItem')}</span>
              <select className="choice" value={current.id} onChange={(e) => void go(`/desk/${e.target.value}`)}>
                {all.map((w) => (
                  <option key={w.id} value={w.id}>
                    {word('workKind', w.kind)} · {word('purpose', w.purpose)} ·{' '}
                    {t('desk.people', { count: w.subjects })} · {beijing(w.opened_at).slice(5, 16)}
                  </option>
                ))}
              </select>
            </label>
            <span className="small">{t('desk.until', { at: beijing(current.until) })}</span>
          </div>
          {current.complaint ? (
            <Handling key={current.id} work={current} complaint={current.complaint} />
          ) : (
            <Queue key={current.id} work={current} />
          )}
        </>
      )}
    </>
  )
}
