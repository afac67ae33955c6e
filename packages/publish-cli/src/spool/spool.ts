export { flushSpool, flushOptions } from './flush.js';
export { showSpool, spoolOptions } from './show.js';
export { spoolHelp } from './help.js';
export { deliverSpool } from './deliver.js';
export { describeDelivery, describeKept } from './describe.js';
export { noteAway, noteBack, wasAwayJustNow } from './away.js';
export { receiverKey } from './folder.js';
export { keepMessages } from './keep.js';
