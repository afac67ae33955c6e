// Pictures are drawn light; their dark twins differ in their colours alone.

/** Each colour that a light picture may have, and what stands for it in the dark. */
const DARK = {
  '#ffffff': '#0d1117',
  '#f6f8fa': '#161b22',
  '#d1d9e0': '#3d444d',
  '#59636e': '#9198a1',
  '#1f2328': '#f0f6fc',
  '#fff1f0': '#25171c',
  '#cf222e': '#ff7b72',
  '#ddf4e4': '#12261e',
  '#1a7f37': '#3fb950',
  '#0969da': '#58a6ff',
  '#9a6700': '#d29922',
};

/**
 * @param {string} svg a light picture
 * @throws Error where it has a colour that is not in the table
 */
export function darkPicture(svg) {
  return svg.replace(/#[\da-f]{6}\b/g, (colour) => {
    const dark = DARK[colour];
    if (dark === undefined)
      throw new Error(`${colour} has no dark twin in scripts/dark-picture.mjs`);
    return dark;
  });
}
