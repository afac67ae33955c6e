export { checkCertificates } from './check-certificates.js';
export {
  checkBroker,
  checkEncryption,
  checkPublication,
  checkSession,
  checkSubscriptions,
} from './check-broker.js';
export {
  exitCodeOfFindings,
  finding,
  FINDINGS_EXIT,
  worstLevel,
  type Finding,
  type FindingsExit,
  type Level,
} from './finding.js';
export {
  gatherBroker,
  type BrokerDeps,
  type BrokerFacts,
  type BrokerQuestions,
} from './gather-broker.js';
export { readCertificate } from './read-certificate.js';
export { renderFindings, renderFindingsJson } from './render-findings.js';
export {
  checkSecrets,
  gatherSecrets,
  secretFiles,
  type SecretFacts,
  type SecretFile,
} from './secrets.js';
