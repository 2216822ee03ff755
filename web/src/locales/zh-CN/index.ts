import auditor from './auditor.json'
import common from './common.json'
import desk from './desk.json'
import incidents from './incidents.json'
import officer from './officer.json'
import rules from './rules.json'
import signin from './signin.json'
import team from './team.json'
import words from './words.json'

export default { auditor, common, desk, incidents, officer, rules, signin, team, words }
