import base from '../../jest.config.base.mjs';

/** The parts that decide what is banned: no branch of them should be a surprise. */
const decisive = { branches: 95 };

export default {
  ...base,
  coverageThreshold: {
    './src/message/': decisive,
    './src/policy/': decisive,
    './src/plan/': decisive,
  },
};
