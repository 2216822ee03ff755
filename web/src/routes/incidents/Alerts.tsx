import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { type Answer, ask, newKey } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid } from '../../parts/Grid'
import { beijing } from '../../parts/time'

type Seen = Answer<'/v1/alerts', 'get'>
type One = Seen['alerts'][number]

/** What the detectors noticed: one sentence each, what it did, the entries it rests on.
 * An officer says whether it was right, and that is counted for the detector. */
export default function Alerts() {
  const { t, i18n } = useTranslation()
  const { me } = useSession()
  const cache = useQueryClient()
  const list = useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => ask('get', '/v1/alerts', { query: { limit: 200 }, signal }),
  })
  const judge = useMutation({
    mutationFn: ({ id, confirmed }: { id: string; confirmed: boolean }) =>
      ask('post', '/v1/alerts/{id}/judgement', { path: { id }, body: { confirmed }, key: newKey() }),
    onSettled: () => cache.invalidateQueries({ queryKey: ['alerts'] }),
  })
  const sentence = (a: One) => (i18n.language === 'en' ? a.en : a.zh)
  return (
    <div className="gap">
      <h1>{t('common.nav.alerts')}</h1>
      <p className="soft">{t('incidents.alertsHow')}</p>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      {judge.error ? <Failure error={judge.error} /> : null}
      <Grid
        caption={t('incidents.alertsCaption')}
        rows={list.data?.alerts ?? []}
        rowKey={(a) => a.id}
        busy={list.isFetching}
        empty={<Nothing title={t('incidents.noAlerts')}>{t('incidents.noAlertsHow')}</Nothing>}
        columns={[
          { key: 'at', title: t('incidents.at'), cell: (a) => beijing(a.at).slice(0, 16) },
          { key: 'said', title: t('incidents.noticed'), cell: sentence, text: sentence },
          {
            key: 'who',
            title: t('incidents.about'),
            cell: (a) => a.person ?? a.organisation ?? '',
            text: (a) => `${a.person ?? ''} ${a.organisation ?? ''}`,
          },
          {
            key: 'action',
            title: t('incidents.action'),
            cell: (a) => word('alertAction', a.action),
            text: (a) => word('alertAction', a.action),
          },
          {
            key: 'rests',
            title: t('incidents.rests'),
            cell: (a) =>
              a.entries.slice(0, 5).map((e) => (
                <span key={e}>
                  <Link to={`/ledger/${e}`}>{e}</Link>{' '}
                </span>
              )),
          },
          {
            key: 'state',
            title: t('officer.state'),
            cell: (a) => <Tag>{word('alertState', a.state)}</Tag>,
            text: (a) => word('alertState', a.state),
          },
          {
            key: 'judge',
            title: t('incidents.judgement'),
            cell: (a) =>
              a.state === 'open' && me?.kind === 'officer' ? (
                <>
                  <Button size="small" onClick={() => judge.mutate({ id: a.id, confirmed: true })}>
                    {t('incidents.confirm')}
                  </Button>{' '}
                  <Button size="small" onClick={() => judge.mutate({ id: a.id, confirmed: false })}>
                    {t('incidents.false')}
                  </Button>
                </>
              ) : (
                (a.judged_by ?? '')
              ),
          },
        ]}
      />
      <Quality of={list.data?.quality ?? []} />
    </div>
  )
}

/** How often each detector was right, as officers said. */
function Quality({ of }: { of: Seen['quality'] }) {
  const { t } = useTranslation()
  if (of.length === 0) return null
  return (
    <section className="sheet gap" aria-label={t('incidents.quality')}>
      <h2>{t('incidents.quality')}</h2>
      <table className="grid" data-testid="quality">
        <caption className="small">{t('incidents.qualityCaption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('incidents.detector')}</th>
            <th scope="col">{t('incidents.raised')}</th>
            <th scope="col">{word('alertState', 'open')}</th>
            <th scope="col">{word('alertState', 'confirmed')}</th>
            <th scope="col">{word('alertState', 'false')}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((q) => (
            <tr key={q.detector}>
              <th scope="row">{word('detector', q.detector)}</th>
              <td>{q.raised}</td>
              <td>{q.open}</td>
              <td>{q.confirmed}</td>
              <td>{q.false}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
