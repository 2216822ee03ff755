import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Spin, Tag } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { type Answer, ask, newKey, type Schemas } from '../../api/client'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Failure } from '../../parts/Failure'
import { useProved } from '../../parts/Proof'
import { beijing } from '../../parts/time'
import { changed, lists, oneProposal, rulesInForce } from './asked'
import { Found } from './Found'

type One = Answer<'/v1/rule-proposals/{id}', 'get'>

/** One proposal: what it changes, its trial, and what may be done with it now. Its
 * address finds it again while the trial goes on. */
export function Proposal({ id, may }: { id: string; may: boolean }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const one = useQuery(oneProposal(id))
  const at = one.data
  const step = at ? `${at.state} ${at.trial}` : ''
  useEffect(() => {
    if (step !== '') void cache.invalidateQueries({ queryKey: lists }) // its line in the list follows
  }, [cache, step])
  if (one.error && !at) return <Failure error={one.error} again={() => void one.refetch()} />
  if (!at) return <Spin className="waiting" />
  return (
    <section className="sheet gap" aria-label={t('rules.proposal')} data-testid="proposal">
      <h2>
        {t('rules.proposal')} <code>{id.slice(0, 8)}</code> <Tag>{word('proposalState', at.state)}</Tag>
      </h2>
      <p>
        {t('rules.proposedBy', { by: at.by, at: beijing(at.at), what: changed(at.changes) })}
        {at.decided_by && at.decided_at
          ? ` ${t('rules.decided', { by: at.decided_by, at: beijing(at.decided_at), how: word('proposalState', at.state) })}`
          : ''}
      </p>
      <p className="small">
        {t('rules.bringsVersion')} <span className="mono">{at.version}</span>
      </p>
      <What of={at} />
      <Tried of={at} />
      {may && (at.state === 'open' || at.state === 'overtaken') ? <Acts of={at} /> : null}
    </section>
  )
}

/** What it would change, whole: who approves reads it first. */
function What({ of }: { of: One }) {
  const { t } = useTranslation()
  const named = [
    [t('rules.added'), of.rules_added],
    [t('rules.removed'), of.rules_removed],
    [t('rules.changed'), of.rules_changed],
  ] as const
  return (
    <>
      {named.map(([how, ids]) =>
        ids?.length ? (
          <p key={how}>
            {how} <code>{ids.join(', ')}</code>
          </p>
        ) : null,
      )}
      {of.text === undefined ? null : (
        <details>
          <summary>{t('rules.text')}</summary>
          <pre className="letter mono">{of.text === '' ? t('rules.noText') : of.text}</pre>
        </details>
      )}
      <Whole title={t('rules.sheets')} of={of.purposes} />
      <Whole title={t('rules.caps')} of={of.caps} />
    </>
  )
}

function Whole({ title, of }: { title: string; of: Schemas['PurposeSheet'][] | Schemas['Caps'] | undefined }) {
  return of === undefined ? null : (
    <details>
      <summary>{title}</summary>
      <pre className="letter mono">{JSON.stringify(of, null, 2)}</pre>
    </details>
  )
}

function Tried({ of }: { of: One }) {
  const { t } = useTranslation()
  const all = of.trial_of ?? 0
  const done = of.trial_done ?? 0
  return (
    <>
      <p data-testid="trial">
        <strong>{t('rules.trial')}</strong> {word('trialState', of.trial)}
        {of.tried_by && of.tried_at ? ` · ${of.tried_by} · ${beijing(of.tried_at)}` : ''}
      </p>
      {of.trial === 'running' ? (
        <p>
          <progress aria-label={t('rules.progress')} max={all || 1} {...(all === 0 ? {} : { value: done })} />{' '}
          {t('rules.running', { done, all })}
        </p>
      ) : null}
      {of.trial === 'failed' ? <p role="alert">{t('rules.failed')}</p> : null}
      {of.trial === 'none' && of.state === 'open' ? <p className="soft">{t('rules.untried')}</p> : null}
      {of.state === 'overtaken' ? <p className="soft">{t('rules.overtaken')}</p> : null}
      {of.found ? <Found of={of.found} /> : null}
    </>
  )
}

/** The acts of an open proposal. Approving needs another person and a fresh passkey. */
function Acts({ of }: { of: One }) {
  const { t } = useTranslation()
  const { me } = useSession()
  const proved = useProved()
  const cache = useQueryClient()
  const asked = () => ({ path: { id: of.id }, key: newKey() })
  const done = {
    onSuccess: (now: One) => cache.setQueryData(oneProposal(of.id).queryKey, now),
    onSettled: () =>
      Promise.all(
        [rulesInForce.queryKey, lists, ['caps'], ['purposes']].map((queryKey) => cache.invalidateQueries({ queryKey })),
      ),
  }
  const tryIt = useMutation({ ...done, mutationFn: () => ask('post', '/v1/rule-proposals/{id}/trial', asked()) })
  const approve = useMutation({
    ...done,
    mutationFn: () => proved(() => ask('post', '/v1/rule-proposals/{id}/approval', asked())),
  })
  const withdraw = useMutation({
    ...done,
    mutationFn: () => ask('post', '/v1/rule-proposals/{id}/withdrawal', asked()),
  })
  const acts = [tryIt, approve, withdraw]
  const busy = acts.some((a) => a.isPending)
  const begin = (act: (typeof acts)[number]) => {
    for (const a of acts) a.reset()
    act.mutate()
  }
  const error = acts.find((a) => a.error)?.error
  const open = of.state === 'open'
  return (
    <>
      {error ? <Failure error={error} /> : null}
      <div className="acts">
        {open ? (
          <Button disabled={busy || of.trial === 'running'} onClick={() => begin(tryIt)} data-testid="try">
            {t(of.found ? 'rules.tryAgain' : 'rules.tryIt')}
          </Button>
        ) : null}
        {open && of.found ? (
          <Button type="primary" disabled={busy} onClick={() => begin(approve)} data-testid="approve">
            {t('officer.approve')}
          </Button>
        ) : null}
        <Button disabled={busy} onClick={() => begin(withdraw)} data-testid="withdraw">
          {t('rules.withdraw')}
        </Button>
        {open && of.by === me?.person ? <span className="small">{t('rules.another')}</span> : null}
      </div>
    </>
  )
}
