import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'
import { ask } from '../../api/client'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { usePages } from '../../parts/Grid'
import { Pack } from './Pack'
import { Seen, Whose } from './Seen'

/** Who saw this person: every entry about her, the refused ones too. */
export default function WhoSaw() {
  const { t } = useTranslation()
  const { id } = useParams()
  const go = useNavigate()
  return (
    <>
      <h1>{t('common.nav.whoSaw')}</h1>
      <Whose
        key={id}
        label={t('officer.subjectId')}
        how={t('officer.subjectHow')}
        initial={id ?? ''}
        onGo={(x) => void go(`/who-saw/${x}`)}
      />
      {id ? <List key={id} id={id} /> : <Nothing title={t('officer.whoFirst')}>{t('officer.whoFirstHow')}</Nothing>}
    </>
  )
}

function List({ id }: { id: string }) {
  const { t } = useTranslation()
  const { cursor, back, forth } = usePages()
  const list = useQuery({
    queryKey: ['who-saw', id, cursor],
    queryFn: ({ signal }) =>
      ask('get', '/v1/subjects/{id}/disclosures', { path: { id }, query: { cursor, limit: 50 }, signal }),
  })
  if (list.error) return <Failure error={list.error} again={() => void list.refetch()} />
  const next = list.data?.next
  return (
    <div className="gap">
      <Seen
        caption={t('officer.whoCaption')}
        rows={list.data?.disclosures ?? []}
        busy={list.isFetching}
        previous={back}
        next={next ? () => forth(next) : undefined}
      />
      <Pack order={{ kind: 'subject', subject: id }} />
    </div>
  )
}
