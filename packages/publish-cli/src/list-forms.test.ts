import { expect, it } from '@jest/globals';
import { readList } from '@vallum/core/protocol';
import { listForms } from './list-forms.js';

it.each(listForms.map(([form]) => form))('a list may hold the documented line %s', (form) => {
  const lines = [...readList(form)];
  expect(lines.map((line) => line.ok || line.rejection.detail)).toEqual(
    /^[#;]/.test(form) ? [] : [true],
  );
});
