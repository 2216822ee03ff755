import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'
import { type Answer, ask, newKey, Problem } from '../../api/client'
import { dutiesOf } from '../../app/duties'
import { useSession } from '../../app/session'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid } from '../../parts/Grid'
import { beijing } from '../../parts/time'
import { changed, lists, rulesInForce } from './asked'
import { Proposal } from './Proposal'

type InForce = Answer<'/v1/rules', 'get'>

/** The rules in force, and changes of them: proposed by one person, tried on what was
 * asked in the last 30 days, approved by another. The auditor reads. */
export default function Rules() {
  const { t } = useTranslation()
  const { id } = useParams()
  const { me } = useSession()
  const rules = useQuery(rulesInForce)
  const may = me?.kind === 'officer' || me?.kind === 'secadmin'
  return (
    <div className="gap">
      <h1>{t('common.nav.rules')}</h1>
      <p className="soft">{t('rules.how')}</p>
      {rules.error ? <Failure error={rules.error} again={() => void rules.refetch()} /> : null}
      {id ? <Proposal key={id} id={id} may={may} /> : null}
      <Proposals />
      {rules.data ? <RuleSet of={rules.data} may={may} /> : null}
      {rules.data && may ? <Propose key={rules.data.version} text={rules.data.text} /> : null}
    </div>
  )
}

/** The rule set in force: the company's own text, and every rule by name. */
function RuleSet({ of, may }: { of: InForce; may: boolean }) {
  const { t, i18n } = useTranslation()
  const { me } = useSession()
  return (
    <section className="sheet gap" aria-label={t('rules.inForce')} data-testid="in-force">
      <h2>{t('rules.inForce')}</h2>
      {of.entry ? (
        <p>
          {t('rules.since', {
            at: of.since ? beijing(of.since) : '',
            by: of.by ?? '',
            approver: of.approved_by || t('rules.nobody'),
          })}
        </p>
      ) : null}
      {of.entry && dutiesOf(me).includes('auditor') ? (
        <p>
          <Link to={`/ledger/${of.entry}`}>{t('rules.entry', { entry: of.entry })}</Link>
        </p>
      ) : null}
      <p className="small mono" data-testid="version">
        {of.version}
      </p>
      {of.text.trim() === '' ? (
        <Nothing title={t('rules.noOwn')}>{t(may ? 'rules.noOwnHow' : 'rules.noOwnWho')}</Nothing>
      ) : (
        <pre className="letter mono">{of.text}</pre>
      )}
      <details>
        <summary>{t('rules.all', { count: of.rules.length })}</summary>
        <Grid
          caption={t('rules.allCaption')}
          rows={of.rules}
          rowKey={(r) => r.id}
          empty={null}
          columns={[
            { key: 'id', title: t('officer.rule'), cell: (r) => <code>{r.id}</code>, text: (r) => r.id },
            {
              key: 'does',
              title: t('rules.does'),
              cell: (r) => <Tag>{t(r.permits ? 'rules.permits' : 'rules.forbids')}</Tag>,
              text: (r) => t(r.permits ? 'rules.permits' : 'rules.forbids'),
            },
            {
              key: 'whose',
              title: t('rules.whose'),
              cell: (r) => t(r.company ? 'rules.own' : 'rules.shipped'),
              text: (r) => t(r.company ? 'rules.own' : 'rules.shipped'),
            },
            {
              key: 'said',
              title: t('rules.said'),
              cell: (r) => `${i18n.language === 'en' ? r.en : r.zh}${r.law ? ` · ${r.law}` : ''}`,
              text: (r) => `${i18n.language === 'en' ? r.en : r.zh} ${r.law ?? ''}`,
            },
          ]}
        />
      </details>
    </section>
  )
}

function Proposals() {
  const { t } = useTranslation()
  const go = useNavigate()
  const list = useQuery({
    queryKey: lists,
    queryFn: ({ signal }) => ask('get', '/v1/rule-proposals', { query: { limit: 100 }, signal }),
    refetchInterval: (q) => (q.state.data?.proposals.some((p) => p.trial === 'running') ? 2000 : false),
  })
  return (
    <section className="sheet gap" aria-label={t('rules.proposals')}>
      <h2>{t('rules.proposals')}</h2>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      <Grid
        caption={t('rules.proposalsCaption')}
        rows={list.data?.proposals ?? []}
        rowKey={(p) => p.id}
        busy={list.isLoading}
        onOpen={(p) => void go(`/rules/${p.id}`)}
        empty={<Nothing title={t('rules.noProposals')}>{t('rules.noProposalsHow')}</Nothing>}
        columns={[
          {
            key: 'id',
            title: t('rules.proposal'),
            cell: (p) => (
              <Link to={`/rules/${p.id}`}>
                <code>{p.id.slice(0, 8)}</code>
              </Link>
            ),
            text: (p) => p.id,
          },
          {
            key: 'state',
            title: t('officer.state'),
            cell: (p) => <Tag>{word('proposalState', p.state)}</Tag>,
            text: (p) => word('proposalState', p.state),
          },
          {
            key: 'trial',
            title: t('rules.trial'),
            cell: (p) => word('trialState', p.trial),
            text: (p) => word('trialState', p.trial),
          },
          { key: 'what', title: t('officer.what'), cell: (p) => changed(p.changes), text: (p) => changed(p.changes) },
          { key: 'by', title: t('rules.by'), cell: (p) => p.by, text: (p) => p.by },
          { key: 'at', title: t('officer.at'), cell: (p) => beijing(p.at), text: (p) => beijing(p.at) },
          {
            key: 'decided',
            title: t('rules.decidedBy'),
            cell: (p) => p.decided_by ?? '',
            text: (p) => p.decided_by ?? '',
          },
        ]}
      />
    </section>
  )
}

/** Proposes the company's rules anew, whole. Rules that do not load are refused with
 * their line. */
function Propose({ text }: { text: string }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const go = useNavigate()
  const propose = useMutation({
    mutationFn: (next: string) => ask('post', '/v1/rule-proposals', { body: { text: next }, key: newKey() }),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: lists })
      return go(`/rules/${made.id}`)
    },
  })
  const line = propose.error instanceof Problem ? propose.error.line : 0
  return (
    <form
      className="sheet gap"
      aria-label={t('rules.propose')}
      onSubmit={(e) => {
        e.preventDefault()
        propose.mutate(String(new FormData(e.currentTarget).get('text') ?? ''))
      }}
    >
      <h2>{t('rules.propose')}</h2>
      <label htmlFor="rules-text" className="soft">
        {t('rules.proposeHow')}
      </label>
      <textarea
        id="rules-text"
        name="text"
        className="choice mono whole"
        rows={12}
        spellCheck={false}
        defaultValue={text}
      />
      {propose.error ? <Failure error={propose.error} /> : null}
      {line ? <p data-testid="wrong-line">{t('rules.line', { line })}</p> : null}
      <Button htmlType="submit" type="primary" loading={propose.isPending} data-testid="propose">
        {t('rules.doPropose')}
      </Button>
    </form>
  )
}
