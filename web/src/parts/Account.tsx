import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { type Answer, ask, fetchPosted } from '../api/client'
import { word } from '../i18n'
import { Failure } from './Failure'
import { keep } from './keep'
import { beijing } from './time'

export type Told = Answer<'/v1/complaints/{id}/account', 'post'>

/** What a complainant wrote. Reading it is an entry of the ledger, so it is asked for
 * by a click; what she handed in is kept as a file and never shown. */
export function Account({
  complaint,
  work,
  onRead,
}: {
  complaint: string
  work?: string
  onRead?: (told: Told) => void
}) {
  const { t } = useTranslation()
  const body = work ? { work_item: work } : {}
  const read = useMutation({
    mutationFn: () => ask('post', '/v1/complaints/{id}/account', { path: { id: complaint }, body }),
    gcTime: 0, // her words are kept no longer than they are looked at
    onSuccess: (told) => onRead?.(told),
  })
  const fetchFile = useMutation({
    mutationFn: (n: number) => fetchPosted('/v1/complaints/{id}/files/{n}', { path: { id: complaint, n }, body }),
    onSuccess: (bytes, n) => keep(bytes, `evidence-${n}.bin`),
  })
  const told = read.data
  return (
    <div className="gap">
      <Button onClick={() => read.mutate()} loading={read.isPending} data-testid="read">
        {t('officer.read')}
      </Button>
      <span className="small"> {t('officer.readHow')}</span>
      {read.error ? <Failure error={read.error} /> : null}
      {told ? (
        <dl className="values" data-testid="told">
          <dt>{t('officer.contact')}</dt>
          <dd>{told.contact}</dd>
          <dd />
          <dt>{t('officer.callerText')}</dt>
          <dd>
            {told.caller_text || '—'}
            {(told.registered ?? []).length > 0
              ? ` · ${t('officer.registeredTo', { who: told.registered?.join('、') })}`
              : ` · ${t(told.looked ? 'officer.notRegistered' : 'officer.noRegister')}`}
          </dd>
          <dd />
          <dt>{t('officer.known')}</dt>
          <dd>
            {told.known.map((k) => word('field', k)).join('、')} {told.known_company ?? ''}
          </dd>
          <dd />
          <dt>{t('officer.said')}</dt>
          <dd className="letter">{told.said || '—'}</dd>
          <dd />
          {told.letters.map((l) => (
            <div key={l.at} style={{ display: 'contents' }}>
              <dt>
                {t(l.hers ? 'officer.hers' : 'officer.ours')} {beijing(l.at)}
              </dt>
              <dd className="letter">{l.text}</dd>
              <dd />
            </div>
          ))}
          {told.appeals.map((a) => (
            <div key={a.id} style={{ display: 'contents' }}>
              <dt>
                {t('incidents.appealInbox')} {beijing(a.at)}
              </dt>
              <dd className="letter">
                {a.why || '—'}
                {a.outcome ? ` → ${word('appealOutcome', a.outcome)}: ${a.answer ?? ''}` : ''}
              </dd>
              <dd />
            </div>
          ))}
          {told.files.map((f) => (
            <div key={f.n} style={{ display: 'contents' }}>
              <dt>{t('officer.file', { n: f.n })}</dt>
              <dd className="mono small">
                {beijing(f.at)} · {Math.ceil(f.size / 1024)} KiB · SHA-256 {f.sha256.slice(0, 16)}
              </dd>
              <dd>
                <Button size="small" loading={fetchFile.isPending} onClick={() => fetchFile.mutate(f.n)}>
                  {t('officer.download')}
                </Button>
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      {fetchFile.error ? <Failure error={fetchFile.error} /> : null}
    </div>
  )
}
