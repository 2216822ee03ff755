// Which pages a person has. What anybody may do, the server decides.

import type { Schemas } from '../api/client'

export type Duty = 'desk' | 'team' | 'officer' | 'auditor' | 'rules' | 'any'

/** The duties of who is signed in, the first page's first. */
export function dutiesOf(me: Pick<Schemas['MeOutBody'], 'kind' | 'manages'> | null | undefined): Duty[] {
  switch (me?.kind) {
    case 'staff':
      return me.manages ? ['desk', 'team', 'any'] : ['desk', 'any']
    case 'outsourced':
    case 'partner':
      return ['desk', 'any']
    case 'officer':
      return ['officer', 'team', 'auditor', 'rules', 'any']
    case 'auditor':
      return ['auditor', 'rules', 'any']
    case 'secadmin':
      return ['team', 'rules', 'any']
    default:
      return ['any']
  }
}
