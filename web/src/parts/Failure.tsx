import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/client'
import { Reasons } from './Reasons'

/** Says what went wrong in the server's words, and whom to ask. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation()
  const p = error instanceof Problem ? error : null
  const title = p?.detail || t(p?.status === 0 ? 'common.unreachable' : 'common.broken')
  return (
    <Alert
      type={p && p.status < 500 && p.status > 0 ? 'warning' : 'error'}
      showIcon
      title={title}
      description={p && (p.reasons.length > 0 || p.id !== '') ? <Reasons problem={p} /> : undefined}
      action={
        again ? (
          <Button size="small" onClick={again}>
            {t('common.again')}
          </Button>
        ) : undefined
      }
    />
  )
}
