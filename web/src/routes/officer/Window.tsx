import { useTranslation } from 'react-i18next'

/** Two days, both included, in Beijing time. */
export function Window({
  from,
  to,
  onChange,
}: {
  from: string
  to: string
  onChange: (from: string, to: string) => void
}) {
  const { t } = useTranslation()
  return (
    <>
      <label>
        <span>{t('officer.from')}</span>
        <input className="choice" type="date" value={from} max={to} onChange={(e) => onChange(e.target.value, to)} />
      </label>
      <label>
        <span>{t('officer.to')}</span>
        <input className="choice" type="date" value={to} min={from} onChange={(e) => onChange(from, e.target.value)} />
      </label>
    </>
  )
}
