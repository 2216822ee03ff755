// What must be set up before any other module runs: the page's policy lets in only
// styles that carry its nonce, and no text that is turned into markup.

export const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''

interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML: (text: string) => string | null }): unknown
}

// Libraries empty an element by giving it the empty text. Nothing else passes: the
// browser throws where the policy answers null.
const trustedTypes = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes
trustedTypes?.createPolicy('default', { createHTML: (text) => (text === '' ? '' : null) })

// antd measures scrollbars with a <style> of its own that has no nonce, and writes
// styles through innerHTML; both are put right where the element is made.
const make = document.createElement.bind(document)
document.createElement = ((tag: string, options?: ElementCreationOptions) => {
  const element = make(tag, options)
  if (tag === 'style') {
    element.nonce = nonce
    Object.defineProperty(element, 'innerHTML', {
      get() {
        return element.textContent
      },
      set(css: string) {
        element.textContent = css
      },
    })
  }
  return element
}) as typeof document.createElement
