//! What a run's page asks for besides its charts.

use crate::{
    domain::{ids::RunId, series::Window},
    ops::{
        self,
        logs::{self, Found},
        series::{self, Rates},
    },
    workspace::Workspace,
};

/// A part of a run's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuestion {
    pub run: RunId,
    pub part: logs::Part,
}

/// The nearest line of a log with a text, from a byte on or before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindQuestion {
    pub run: RunId,
    pub text: String,
    pub from: u64,
    pub is_forward: bool,
}

/// Bytes of a log that are searched before the screen is heard again.
const SEARCHED: u64 = 64 << 20;

impl FindQuestion {
    pub fn answer(&self, ws: &Workspace) -> ops::Result<Found> {
        let Self {
            run,
            text,
            from,
            is_forward,
        } = self;
        logs::find(ws, run, text, *from, *is_forward, SEARCHED)
    }
}

/// How fast a run goes now, told by the times of one of its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatesQuestion {
    pub run: RunId,
    pub metric: String,
    pub points: u64,
    pub last_step: i64,
}

impl RatesQuestion {
    pub fn answer(&self, ws: &Workspace) -> ops::Result<Option<Rates>> {
        series::rates(ws, &self.run, &self.metric, self.points, self.last_step)
    }
}

/// The courses of some series, each in as many columns, for the lines beside a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrendsQuestion {
    pub run: RunId,
    /// With the last step of each.
    pub metrics: Vec<(String, i64)>,
    pub columns: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    pub metric: String,
    /// Means of equal parts of the steps; `None` where a part has no finite value.
    pub values: Vec<Option<f64>>,
}

impl TrendsQuestion {
    pub fn answer(&self, ws: &Workspace) -> ops::Result<Vec<Trend>> {
        let trend = |(metric, last_step): &(String, i64)| {
            let values = course(ws, &self.run, metric, *last_step, self.columns)?;
            let metric = metric.clone();
            Ok(Trend { metric, values })
        };
        self.metrics.iter().map(trend).collect()
    }
}

/// Means over equal parts of a series' steps; `None` where a part has no finite value.
pub fn course(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    last_step: i64,
    columns: usize,
) -> ops::Result<Vec<Option<f64>>> {
    let window = Window {
        from: 0,
        to: last_step.max(1),
        columns,
        slack: 0.25,
    };
    let mut course = vec![None; columns];
    for segment in series::chart(ws, run, metric, &window)? {
        for (value, bucket) in course.iter_mut().zip(&segment.columns) {
            *value = bucket.mean().or(*value);
        }
    }
    Ok(course)
}
