export { defaultActionOptions, type ActionOptions } from './action-options.js';
export { generateAction } from './generate-action.js';
