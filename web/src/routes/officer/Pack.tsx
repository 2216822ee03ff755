import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { ask, fetchBytes, newKey, type Schemas } from '../../api/client'
import { useSession } from '../../app/session'
import { Failure } from '../../parts/Failure'
import { keep } from '../../parts/keep'

/** Makes an evidence pack and hands it out, with the page that checks it offline. */
export function Pack({ order }: { order: Omit<Schemas['PackInBody'], '$schema'> }) {
  const { t } = useTranslation()
  const { me } = useSession()
  const make = useMutation({
    mutationFn: async () => {
      const made = await ask('post', '/v1/evidence-packs', { body: order, key: newKey() })
      return { ...made, bytes: await fetchBytes('/v1/evidence-packs/{id}', { path: { id: made.id } }) }
    },
    onSuccess: (made) => keep(made.bytes, `goldbell-${made.id.slice(0, 8)}.zip`),
  })
  const verifier = useMutation({
    mutationFn: () => fetchBytes('/v1/verifier', {}),
    onSuccess: (bytes) => keep(bytes, 'goldbell-verifier.html'),
  })
  if (me?.kind !== 'officer') return null // only she makes packs
  return (
    <div className="gap">
      <div className="acts">
        <Button type="primary" loading={make.isPending} onClick={() => make.mutate()} data-testid="pack">
          {t('officer.pack')}
        </Button>
        <Button loading={verifier.isPending} onClick={() => verifier.mutate()}>
          {t('officer.verifier')}
        </Button>
      </div>
      {make.isPending ? <p role="status">{t('officer.packing')}</p> : null}
      {make.data ? (
        <p role="status" className="small mono" data-testid="packed">
          {t('officer.packed', { entries: make.data.entries, entry: make.data.entry })} SHA-256 {make.data.sha256}
        </p>
      ) : null}
      {make.error ? <Failure error={make.error} /> : null}
      {verifier.error ? <Failure error={verifier.error} /> : null}
    </div>
  )
}
