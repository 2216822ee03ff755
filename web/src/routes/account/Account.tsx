import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Input, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../../api/client'
import { canUsePasskeys, enrolPasskey, NoPasskey } from '../../api/passkey'
import { Failure } from '../../parts/Failure'
import { useProved } from '../../parts/Proof'
import { beijing } from '../../parts/time'

/** What I sign in with, and where I am signed in. */
export default function Account() {
  const { t } = useTranslation()
  return (
    <div className="gap">
      <h1>{t('signin.account')}</h1>
      <Passkeys />
      <Password />
      <Sessions />
    </div>
  )
}

function Passkeys() {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const proved = useProved()
  const have = useQuery({ queryKey: ['account'], queryFn: ({ signal }) => ask('get', '/v1/account', { signal }) })
  const again = () => cache.invalidateQueries({ queryKey: ['account'] })
  const enrol = useMutation({ mutationFn: () => proved(() => enrolPasskey(false)), onSuccess: again })
  const end = useMutation({
    mutationFn: (id: string) => proved(() => ask('delete', '/v1/passkeys/{id}', { path: { id } })),
    onSuccess: again,
  })
  const error = have.error ?? enrol.error ?? end.error
  return (
    <section className="sheet gap" aria-label={t('signin.passkeys')}>
      <h2>{t('signin.passkeys')}</h2>
      <p className="soft">{t('signin.passkeysHow')}</p>
      {error instanceof NoPasskey ? (
        <Alert type="warning" showIcon title={t('signin.noPasskeyUsed')} />
      ) : error ? (
        <Failure error={error} />
      ) : null}
      {have.data?.passkeys.length === 0 ? <p>{t('signin.noneYet')}</p> : null}
      {have.data && have.data.passkeys.length > 0 ? (
        <table className="grid">
          <caption className="small">{t('signin.passkeysCaption')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('signin.keyId')}</th>
              <th scope="col">{t('signin.made')}</th>
              <th scope="col">{t('signin.used')}</th>
              <th scope="col">{t('signin.synced')}</th>
              <th scope="col">{t('signin.act')}</th>
            </tr>
          </thead>
          <tbody>
            {have.data.passkeys.map((k) => (
              <tr key={k.id} data-testid="passkey-row">
                <td className="mono">{k.id.slice(0, 8)}</td>
                <td>{beijing(k.made_at)}</td>
                <td>{beijing(k.used_at)}</td>
                <td>{t(k.synced ? 'officer.yes' : 'officer.no')}</td>
                <td>
                  <Button size="small" danger onClick={() => end.mutate(k.id)}>
                    {t('signin.endKey')}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {canUsePasskeys() ? (
        <Button type="primary" loading={enrol.isPending} onClick={() => enrol.mutate()} data-testid="enrol">
          {t('signin.enrolNow')}
        </Button>
      ) : (
        <p className="soft">{t('signin.noPasskeysHere')}</p>
      )}
    </section>
  )
}

function Password() {
  const { t } = useTranslation()
  const proved = useProved()
  const [text, setText] = useState('')
  const set = useMutation({
    mutationFn: (password: string) => proved(() => ask('post', '/v1/password', { body: { password } })),
    onSuccess: () => setText(''),
  })
  return (
    <form
      className="sheet gap"
      aria-label={t('signin.setPassword')}
      onSubmit={(e) => {
        e.preventDefault()
        set.mutate(text)
      }}
    >
      <h2>{t('signin.setPassword')}</h2>
      <p className="soft">{t('signin.passwordHow')}</p>
      <label className="block" htmlFor="new-password">
        {t('signin.newPassword')}
        <Input.Password
          id="new-password"
          autoComplete="new-password"
          maxLength={512}
          visibilityToggle={false}
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      </label>
      <Button htmlType="submit" disabled={text === ''} loading={set.isPending}>
        {t('signin.setPassword')}
      </Button>
      {set.isSuccess ? <p role="status">{t('signin.passwordSet')}</p> : null}
      {set.error ? <Failure error={set.error} /> : null}
    </form>
  )
}

function Sessions() {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const open = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => ask('get', '/v1/sessions', { signal }) })
  const end = useMutation({
    mutationFn: (session: string) => ask('delete', '/v1/sessions/{session}', { path: { session } }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['sessions'] }),
  })
  return (
    <section className="sheet gap" aria-label={t('signin.sessions')}>
      <h2>{t('signin.sessions')}</h2>
      {open.error ? <Failure error={open.error} /> : null}
      {end.error ? <Failure error={end.error} /> : null}
      <table className="grid">
        <caption className="small">{t('signin.sessionsCaption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('signin.made')}</th>
            <th scope="col">{t('signin.until')}</th>
            <th scope="col">{t('signin.howOpened')}</th>
            <th scope="col">{t('signin.act')}</th>
          </tr>
        </thead>
        <tbody>
          {(open.data?.sessions ?? []).map((s) => (
            <tr key={s.id}>
              <td>{beijing(s.made_at)}</td>
              <td>{beijing(s.until)}</td>
              <td>{s.how}</td>
              <td>
                {s.current ? (
                  <Tag>{t('signin.thisOne')}</Tag>
                ) : (
                  <Button size="small" danger onClick={() => end.mutate(s.id)}>
                    {t('signin.endSession')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
