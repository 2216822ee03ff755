import { useTranslation } from 'react-i18next'
import type { Problem } from '../api/client'
import { word } from '../i18n'

/** Why something was refused: each rule in words, its law, and who can unblock it. */
export function Reasons({ problem }: { problem: Problem }) {
  const { t, i18n } = useTranslation()
  const en = i18n.language === 'en'
  return (
    <div className="reasons">
      <ul>
        {problem.reasons.map((r) => (
          <li key={r.id}>
            <span>{en ? r.en : r.zh}</span>
            {r.law ? <span className="law"> {r.law}</span> : null}
            {(en ? r.unblock_en : r.unblock_zh) ? (
              <div>
                <strong>{t('common.unblock')}</strong> {en ? r.unblock_en : r.unblock_zh}
              </div>
            ) : null}
            <code className="rule">{r.id}</code>
          </li>
        ))}
      </ul>
      {problem.highest ? <p>{t('common.highest', { form: word('form', problem.highest) })}</p> : null}
      {problem.id ? (
        <p className="small">
          {t('common.refusalId')} <code>{problem.id}</code>
        </p>
      ) : null}
    </div>
  )
}
