import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Failure } from '../parts/Failure'
import { type Duty, dutiesOf } from './duties'
import { useSession } from './session'

/** Shows a page to whom it is for. The server decides all the same. */
export function Guarded({ duty, page }: { duty: Duty; page: ReactNode }) {
  const { me } = useSession()
  const { t } = useTranslation()
  if (!me || !dutiesOf(me).includes(duty)) return <p role="alert">{t('common.notYours')}</p>
  return <Boundary>{page}</Boundary>
}

/** A page that fails says so in its place; the error's text is shown nowhere. */
class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown }
  static getDerivedStateFromError(error: unknown) {
    return { error }
  }
  override render() {
    return this.state.error ? <Failure error={this.state.error} /> : this.props.children
  }
}
