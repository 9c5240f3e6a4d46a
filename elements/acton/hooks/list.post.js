// What: keeps what describes the list, drops the row that came along.
// Why: the vendor describes a list only together with its rows.
// Source: https://developer.act-on.com/reference/lists
'use strict';
if (response_iserror || !response_body) done();
done({
  response_body: {
    id: response_body.listId || request_path_variables.id,
    listId: response_body.listId || request_path_variables.id,
    totalCount: response_body.totalCount,
    emailColumn: response_body.emailColumn,
    headers: response_body.headers,
  },
});
