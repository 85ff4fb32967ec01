// An asker's phone before its owner has opened anything.

import { clear } from './clear.mjs';

await clear(new URLSearchParams(location.search).get('story'));
