import { useQuery } from '@tanstack/react-query'
import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'
import { type Answer, ask } from '../../api/client'
import { word } from '../../i18n'
import { Due } from '../../parts/Due'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid, usePages } from '../../parts/Grid'
import { beijing } from '../../parts/time'
import { OneIncident } from './Incident'

type Incident = Answer<'/v1/incidents', 'get'>['incidents'][number]

/** The clock that is due first; once decided, none runs. */
const first = (i: Incident) => i.clocks.map((c) => c.until).sort()[0] ?? i.opened_at

/** Suspected incidents: complaints that belong together. Each closes with a signed
 * decision to notify or not to notify, and in no other way. */
export default function Incidents() {
  const { t } = useTranslation()
  const go = useNavigate()
  const { id } = useParams()
  const { cursor, back, forth } = usePages()
  const list = useQuery({
    queryKey: ['incidents', cursor],
    queryFn: ({ signal }) => ask('get', '/v1/incidents', { query: { cursor, limit: 50 }, signal }),
  })
  return (
    <div className="gap">
      <h1>{t('common.nav.incidents')}</h1>
      <p className="soft">{t('incidents.how')}</p>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      <Grid
        caption={t('incidents.caption')}
        rows={list.data?.incidents ?? []}
        rowKey={(i) => i.id}
        busy={list.isFetching}
        onOpen={(i) => void go(`/incidents/${i.id}`)}
        previous={back}
        next={list.data?.next ? () => forth(list.data?.next ?? '') : undefined}
        empty={<Nothing title={t('incidents.none')}>{t('incidents.noneHow')}</Nothing>}
        columns={[
          {
            key: 'id',
            title: t('incidents.incident'),
            cell: (i) => <code>{i.id.slice(0, 8)}</code>,
            text: (i) => i.id,
          },
          {
            key: 'state',
            title: t('officer.state'),
            cell: (i) => <Tag>{word('incidentState', i.decision?.verdict ?? i.state)}</Tag>,
            text: (i) => word('incidentState', i.decision?.verdict ?? i.state),
          },
          { key: 'opened', title: t('incidents.opened'), cell: (i) => beijing(i.opened_at).slice(0, 16) },
          { key: 'left', title: t('officer.left'), cell: (i) => <Due at={first(i)} over={i.state === 'closed'} /> },
          { key: 'n', title: t('incidents.complaints'), cell: (i) => i.complaints },
          {
            key: 'why',
            title: t('incidents.why'),
            cell: (i) => i.why.map((w) => word('sign', w)).join('、'),
            text: (i) => i.why.map((w) => word('sign', w)).join(' '),
          },
          {
            key: 'known',
            title: t('officer.known'),
            cell: (i) => i.known.map((k) => word('field', k)).join('、'),
            text: (i) => i.known.map((k) => word('field', k)).join(' '),
          },
        ]}
      />
      {id ? <OneIncident key={id} id={id} /> : null}
    </div>
  )
}
