// A listener with simple-hl7, as its readme has it: node simple.mjs PORT [DATABASE]
import hl7 from 'simple-hl7';
import { open } from './store.mjs';

const [port, path] = process.argv.slice(2);
const store = await open(path);
const app = hl7.tcp();
app.use((request, response, next) => {
  const pid = request.msg.getSegment('PID');
  store.keep(String(request.msg.header.getField(8)), String(pid?.getComponent(3, 1) ?? ''), String(pid?.getField(30) ?? ''));
  next();
});
app.use((request, response) => response.end());
app.use((problem, request, response, next) => {});
app.start(Number(port));
console.log(store.kind);
