import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Spin } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'
import { ask } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid, usePages } from '../../parts/Grid'
import { beijing } from '../../parts/time'
import { verify } from './verify'

/** The ledger explorer: the newest entries first, a page by index, and each entry to
 * its proof. */
export default function Ledger() {
  const { t } = useTranslation()
  const { index } = useParams()
  return (
    <>
      <h1>{t('auditor.ledger')}</h1>
      {index === undefined ? <List /> : <Entry key={index} index={Number(index)} />}
    </>
  )
}

function List() {
  const { t } = useTranslation()
  const go = useNavigate()
  const { cursor, back, forth } = usePages()
  const list = useQuery({
    queryKey: ['entries', cursor],
    queryFn: ({ signal }) =>
      ask('get', '/v1/ledger/entries', {
        query: { limit: 50, ...(cursor === '' ? {} : { before: Number(cursor) }) },
        signal,
      }),
  })
  if (list.error) return <Failure error={list.error} again={() => void list.refetch()} />
  const next = list.data?.next
  return (
    <>
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault()
          const n = Number(new FormData(e.currentTarget).get('index'))
          if (Number.isSafeInteger(n) && n >= 0) void go(`/ledger/${n}`)
        }}
      >
        <label htmlFor="index">
          <span>{t('auditor.goTo')}</span>
          <input id="index" name="index" className="choice mono" inputMode="numeric" pattern="[0-9]{1,15}" />
        </label>
        <button type="submit" className="choice">
          {t('auditor.go')}
        </button>
        <span className="small" data-testid="size">
          {t('auditor.size', { count: list.data?.size ?? 0 })}
        </span>
      </form>
      <Grid
        caption={t('auditor.caption')}
        rows={list.data?.entries ?? []}
        rowKey={(e) => String(e.index)}
        busy={list.isFetching}
        onOpen={(e) => void go(`/ledger/${e.index}`)}
        previous={back}
        next={next === undefined ? undefined : () => forth(String(next))}
        empty={<Nothing title={t('auditor.none')}>{t('auditor.noneHow')}</Nothing>}
        columns={[
          {
            key: 'index',
            title: t('auditor.entry'),
            cell: (e) => <Link to={`/ledger/${e.index}`}>{e.index}</Link>,
            text: (e) => String(e.index),
          },
          { key: 'at', title: t('officer.at'), cell: (e) => beijing(e.at), text: (e) => beijing(e.at) },
          {
            key: 'kind',
            title: t('auditor.kind'),
            cell: (e) => word('entryKind', e.kind),
            text: (e) => `${e.kind} ${word('entryKind', e.kind)}`,
          },
          {
            key: 'actor',
            title: t('officer.actor'),
            cell: (e) => `${e.actor}${e.org ? ` · ${e.org}` : ''}`,
            text: (e) => `${e.actor} ${e.org}`,
          },
          { key: 'what', title: t('auditor.what'), cell: (e) => e.what ?? '', text: (e) => e.what ?? '' },
          {
            key: 'shown',
            title: t('auditor.people'),
            cell: (e) => (e.shown + e.others === 0 ? '' : `${e.shown} / ${e.others}`),
          },
        ]}
      />
    </>
  )
}

function Entry({ index }: { index: number }) {
  const { t } = useTranslation()
  const { me } = useSession()
  const entry = useQuery({
    queryKey: ['entry', index],
    queryFn: ({ signal }) => ask('get', '/v1/ledger/entries/{index}', { path: { index }, signal }),
  })
  return (
    <div className="gap">
      <p>
        <Link to="/ledger">{t('auditor.back')}</Link>
      </p>
      {entry.isPending ? <Spin /> : null}
      {entry.error ? <Failure error={entry.error} /> : null}
      {entry.data ? (
        <section className="sheet" aria-label={t('auditor.entry')} data-testid="entry">
          <h2>
            {t('auditor.entry')} {index} · {word('entryKind', entry.data.kind)}
          </h2>
          <table className="grid">
            <caption className="small">{t('auditor.facts')}</caption>
            <tbody>
              <tr>
                <th scope="row">{t('officer.at')}</th>
                <td>{beijing(entry.data.at)}</td>
              </tr>
              {entry.data.facts.map((f, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a fact may stand there twice, and none moves
                <tr key={i}>
                  <th scope="row">{f.name}</th>
                  <td className="mono">{f.value}</td>
                </tr>
              ))}
              {entry.data.subjects.map((s, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: forgotten subjects have no id
                <tr key={`s${i}`}>
                  <th scope="row">{t(s.shown ? 'auditor.shown' : 'auditor.named')}</th>
                  <td className="mono">
                    {s.subject ?? t('auditor.forgotten')} {s.rule ?? ''}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {me?.kind === 'auditor' ? <Proof index={index} /> : <p className="small">{t('auditor.auditorOnly')}</p>}
    </div>
  )
}

/** Checks the entry in this browser. The page comes from the company's own server:
 * a check that does not trust it is made with the offline verifier. */
function Proof({ index }: { index: number }) {
  const { t } = useTranslation()
  const check = useMutation({ mutationFn: (vkey: string) => verify(index, vkey) })
  return (
    <form
      className="sheet gap"
      onSubmit={(e) => {
        e.preventDefault()
        check.mutate(String(new FormData(e.currentTarget).get('vkey') ?? ''))
      }}
    >
      <h2>{t('auditor.proof')}</h2>
      <label htmlFor="vkey">{t('auditor.key')}</label>
      <input id="vkey" name="vkey" className="choice mono" size={60} autoComplete="off" />
      <div className="acts">
        <Button htmlType="submit" type="primary" loading={check.isPending} data-testid="verify">
          {t('auditor.verify')}
        </Button>
      </div>
      {check.data ? (
        <Alert
          showIcon
          type={check.data.included && check.data.signed !== false ? 'success' : 'error'}
          title={
            <span data-testid="verified">
              {t(check.data.included ? 'auditor.included' : 'auditor.notIncluded', { size: check.data.size })}
            </span>
          }
          description={
            <>
              <p>
                {t(
                  check.data.signed === undefined
                    ? 'auditor.noKey'
                    : check.data.signed
                      ? 'auditor.signed'
                      : 'auditor.notSigned',
                )}
              </p>
              <p className="mono small">{check.data.root}</p>
            </>
          }
        />
      ) : null}
      {check.error ? <Failure error={check.error} /> : null}
      <p className="small">{t('auditor.ownServer')}</p>
    </form>
  )
}
