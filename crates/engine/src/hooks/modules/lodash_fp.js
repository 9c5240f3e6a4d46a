// lodash/fp: each function converted by itself; the whole is made from a lodash of its own, which it changes.
(function (module, exports, require, host) {
  'use strict';
  require('lodash');
  const { part, fresh, library } = host.lodash;
  module.exports = library('fp/', () => {
    const own = fresh();
    return part('fp/_baseConvert')(own, own);
  });
})
