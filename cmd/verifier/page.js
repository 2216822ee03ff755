
'use strict';
const element = id => document.getElementById(id);

function state(s) { document.body.dataset.state = s; }

function show(ok) {
  element('verdict').className = ok ? 'good' : 'bad';
  element('result').hidden = false;
}

function list(id, sentences) {
  const ul = element(id);
  ul.replaceChildren(...sentences.map(s => {
    const li = document.createElement('li');
    li.textContent = s;
    return li;
  }));
}

function rows(all) {
  element('rows').hidden = all.length === 0;
  element('body').replaceChildren(...all.slice(0, 1000).map(r => {
    const tr = document.createElement('tr');
    for (const cell of [r.index, r.time, r.kind, r.who]) {
      const td = document.createElement('td');
      td.textContent = cell;
      tr.append(td);
    }
    return tr;
  }));
}

async function bytes(file) { return new Uint8Array(await file.arrayBuffer()); }

function fault() {
  state('done');
  element('verdict').textContent = '无法核验：文件无法读取或本浏览器内存不足。 Not verified: a file cannot be read, or this browser has too little memory.';
  list('zh', []);
  list('en', []);
  rows([]);
  show(false);
}

async function check() {
  const [pack] = element('pack').files;
  const [policy] = element('policy').files;
  if (!pack) return;
  state('checking');
  element('verify').disabled = true;
  try {
    const kept = await Promise.all([...element('kept').files].map(bytes));
    const said = JSON.parse(globalThis.goldbellVerify(await bytes(pack), policy ? await bytes(policy) : null, kept));
    element('verdict').textContent = said.verdict.Zh + ' ' + said.verdict.En;
    list('zh', said.sentences.map(s => s.Zh));
    list('en', said.sentences.map(s => s.En));
    rows(said.rows);
    show(said.verified);
    state('done');
  } catch {
    fault();
  }
  element('verify').disabled = false;
}

globalThis.goldbellReady = () => {
  element('verify').disabled = false;
  element('loading').hidden = true;
  state('ready');
};

async function load() {
  const raw = Uint8Array.from(atob(goldbellProgram), c => c.charCodeAt(0));
  const plain = new Response(new Blob([raw]).stream().pipeThrough(new DecompressionStream('gzip')));
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(await plain.arrayBuffer(), go.importObject);
  go.run(instance);
}

for (const id of ['pack', 'policy', 'kept']) element(id).addEventListener('change', () => { element('result').hidden = true; });
element('verify').addEventListener('click', check);
load().catch(fault);
