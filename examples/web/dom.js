// The page's elements.

export const find = (id) => document.getElementById(id);

/** A new element with properties, and within it elements and texts, which are never read as HTML. */
export function element(tag, properties, ...within) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...within);
  return made;
}
