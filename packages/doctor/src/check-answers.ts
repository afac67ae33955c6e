import { escapeForDisplay } from '@vallum/core';
import type { NodesAnswer } from './ask-nodes.js';
import { finding, type Finding } from './finding.js';

const MOST_NAMED = 10;

/** Whether nodes answer who asks from here, so that the path is proved from end to end. */
export function checkAnswers(answers: readonly NodesAnswer[]): Finding[] {
  return answers.map((answer) => {
    const { nodes, tookMs } = answer;
    const topic = escapeForDisplay(`${answer.topic}/ask`);
    const say = (level: Finding['level'], message: string) =>
      finding(level, 'answers', topic, message, level === 'ok' ? undefined : aclToAsk(answer));
    if (answer.outcome === 'answered') {
      const how = `${nodes.length === 1 ? '1 node' : `${nodes.length.toString()} nodes`} answered in ${sayTime(tookMs)}`;
      return say('ok', `${how}: ${listNames(nodes)}`);
    }
    if (answer.outcome === 'unheard') {
      return say('warning', 'the broker says that nobody listens, so no vallumd could answer');
    }
    if (answer.outcome === 'silent' && answer.protocolVersion === 5) {
      return say(
        'warning',
        'no node has answered a question, so that nothing proves that bans reach one: does a vallumd ' +
          `run with -t ${escapeForDisplay(answer.topic)}, and may it write vallumd/reply/+? (Older ` +
          'ones answer nobody)',
      );
    }
    return say('unknown', `it was not found out which nodes are there: ${whyNot(answer)}`);
  });
}

/** Whether this node answers itself, which proves that what is published reaches it. */
export function checkOwnAnswer(answers: readonly NodesAnswer[], node: string): Finding[] {
  return answers.map((answer) => {
    const topic = escapeForDisplay(`${answer.topic}/ask`);
    if (answer.outcome === 'answered' && answer.nodes.includes(node)) {
      const message = `the running vallumd answered a question in ${sayTime(answer.tookMs)}`;
      return finding('ok', 'answers', topic, message);
    }
    const why =
      answer.outcome === 'answered'
        ? `${listNames(answer.nodes)} did, and ${escapeForDisplay(node)} did not`
        : whyNot(answer);
    const message = `the running vallumd has not answered a question of its own: ${why}`;
    return finding('unknown', 'answers', topic, message, aclToAnswer(answer));
  });
}

function whyNot({ outcome, client, detail, protocolVersion }: NodesAnswer): string {
  switch (outcome) {
    case 'deaf':
      return `answers on vallumd/reply/${escapeForDisplay(client)} may not be read: ${detail ?? ''}`;
    case 'mute':
      return 'it may not answer';
    case 'refused':
      return detail ?? 'it may not be asked';
    case 'ended':
      return 'the broker ended the connection in place of an answer';
    case 'unheard':
      return 'the broker says that nobody listens there';
    case 'silent':
      return protocolVersion === 5
        ? 'no answer came'
        : 'no answer came; over MQTT 3.1.1 the broker does not say whether this user may ask';
    case 'answered':
    case 'unknown':
      return detail ?? 'the broker did not answer';
  }
}

function aclToAsk({ topic, client, outcome }: NodesAnswer): string {
  const ask = `topic write ${escapeForDisplay(topic)}/ask`;
  const read = `topic read vallumd/reply/${escapeForDisplay(client)}`;
  if (outcome === 'deaf') return `mosquitto acl_file: ${read}`;
  return `mosquitto acl_file: ${outcome === 'refused' ? ask : `${ask}, ${read}`}`;
}

function aclToAnswer(answer: NodesAnswer): string {
  const write = 'topic write vallumd/reply/+';
  if (answer.outcome === 'mute') return `mosquitto acl_file: ${write}`;
  const isCertain = answer.outcome === 'deaf' || answer.outcome === 'refused';
  return isCertain ? aclToAsk(answer) : `${aclToAsk(answer)}, ${write}`;
}

function listNames(nodes: readonly string[]): string {
  const named = nodes.slice(0, MOST_NAMED).map((node) => escapeForDisplay(node, 128));
  const more = nodes.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more.toString()} more` : '');
}

function sayTime(milliseconds: number): string {
  return `${Math.max(1, Math.round(milliseconds)).toString()} ms`;
}
