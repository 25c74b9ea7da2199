// The list of coverages: its times in the reader's own zone.

import { Clock } from "./time.js";

new Clock("").localise(document);
