// npm run bundle: the tool as one file, dist/stallscope.mjs.
import { writeBundle } from './bundle/bundle.mjs';

await writeBundle();
