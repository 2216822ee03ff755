import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { beijing, daysLeft } from './time'

/** A clock: how many days are left, or how many it is over; or that none runs. */
export function Due({ at, over }: { at: string; over: boolean }) {
  const { t } = useTranslation()
  if (over) return <span className="soft">{t('officer.notApplicable')}</span>
  const n = daysLeft(at, Date.now())
  const when = `${beijing(at).slice(0, 16)} (UTC+8)`
  return n < 0 ? (
    <Tag color="error" title={when}>
      {t('officer.over', { count: -n })}
    </Tag>
  ) : (
    <span title={when}>{t('officer.days', { count: n })}</span>
  )
}
