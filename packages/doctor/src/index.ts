export { checkAnswers, checkOwnAnswer } from './check-answers.js';
export type { NodesAnswer, NodesQuestion } from './ask-nodes.js';
export { checkCertificates } from './check-certificates.js';
export { checkBroker, checkEncryption, checkPublication, checkSession } from './check-broker.js';
export { checkReading, type Reading } from './check-reading.js';
export type { Echo } from './echo.js';
export {
  exitCodeOfFindings,
  finding,
  FINDINGS_EXIT,
  isLevel,
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
export { wantsColour } from './colour.js';
export { readCertificate } from './read-certificate.js';
export { renderFindings, renderFindingsJson, type FindingsStyle } from './render-findings.js';
export {
  checkSecrets,
  gatherSecrets,
  secretFiles,
  type SecretFacts,
  type SecretFile,
} from './secrets.js';
export { shellWord } from './shell-word.js';
