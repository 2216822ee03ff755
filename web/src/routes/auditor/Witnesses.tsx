import { useQuery } from '@tanstack/react-query'
import { Alert, Spin } from 'antd'
import { useTranslation } from 'react-i18next'
import { ask } from '../../api/client'
import { Failure } from '../../parts/Failure'
import { checkpoint } from './verify'

/** The newest signed checkpoint, who signed it, and what should be changed. */
export default function Witnesses() {
  const { t } = useTranslation()
  const newest = useQuery({ queryKey: ['checkpoint'], queryFn: checkpoint })
  const ready = useQuery({ queryKey: ['ready'], queryFn: ({ signal }) => ask('get', '/readyz', { signal }) })
  if (newest.isPending) return <Spin className="waiting" />
  if (newest.error) return <Failure error={newest.error} again={() => void newest.refetch()} />
  const c = newest.data
  return (
    <div className="gap">
      <h1>{t('auditor.witnesses')}</h1>
      {ready.data?.warnings.map((w) => (
        <Alert key={w.id} type="warning" showIcon title={w.text} />
      ))}
      {ready.error ? <Failure error={ready.error} /> : null}
      <section className="sheet" data-testid="checkpoint">
        <p>
          {c.origin} · {t('auditor.size', { count: c.size })}
        </p>
        <p className="mono small">{c.root}</p>
        <table className="grid">
          <caption className="small">{t('auditor.signers')}</caption>
          <tbody>
            {c.signatures.map((s) => (
              <tr key={s.name}>
                <th scope="row">{s.name}</th>
                <td>{t(s.name === c.origin ? 'auditor.ownKey' : 'auditor.outside')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="soft">{t('auditor.keepIt')}</p>
      <pre className="sheet mono small">{c.text}</pre>
    </div>
  )
}
