// lodash/fp is made from a lodash of its own, which it changes.
(function (module, exports, require, host) {
  'use strict';
  require('lodash');
  const own = host.lodash.fresh();
  module.exports = host.lodash.part('fp/_baseConvert')(own, own);
})
