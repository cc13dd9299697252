/* Draws each chart of the page from the data that stands beside it; without it the table of the same data is read. */
"use strict";
