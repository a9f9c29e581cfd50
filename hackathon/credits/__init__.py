"""Credits: a quarter's budget becomes money each team can see and use.

Each *currency* is a ledger of its own: a quarter has a budget in each, an event a pool, a team
a set of accounts. Dollars are the main one; nothing is converted but a bill's costs by a rate.

Words: a *quarter* owns the budget; an event's *pool* is funded out of it; a *grant* gives
a team a part. A *reading* is spend seen on a console, a *charge* is final; what goes beyond
the grant is *overrun*; unused money is *returned* to the pool. An *entry* moves amounts
between *accounts* by *postings*, each from one account to another. A *hold* sets money aside
before a job runs, by a program with the team's *token*; it is *captured*, voided or expires.
A team *requests* more; its credits are open, paused, settling or closed. A *crossing* is a
level of the grant that was reached. The *plan* is a year's budgets.
Promises: a budget is never exceeded by a grant and never refused while it fits; spend is a
fact and never refused. A hold ends once; available = granted - used - held. Who asks never
decides, and large requests need two. Postings are added, never changed; every balance is the sum of its
postings, kept and bounded by the database. No posting joins two currencies, no
figure adds them up. Nothing is booked twice: a reading is not a
posting, and a final charge of its source ends it. No data is not zero.
A *bill* (one imported FOCUS file) of a *source* is the truth for its *scopes* (billing
account, billing period): only differences to what was booked are posted, every cent of a
file is with a team, unallocated, excluded or rejected, and *rules* say whose costs are.
Screens: /events/<slug>/credits, .../credits/teams/<id>, .../credits/bills,
.../credits/sources/<id>, .../credits/requests, .../credits/forecast, /quarters/plan/<year>
"""
