//! Loops over slices, compiled for AVX2 and for any x86-64 (or other) CPU, chosen at run time.

/// Compiles a function twice and asks the CPU which one to run.
macro_rules! for_this_cpu {
    ($(#[$doc:meta])* pub fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        pub fn $name($($arg: $type),*) $(-> $out)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn any($($arg: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($arg: $type),*) $(-> $out)? {
                    any($($arg),*)
                }
                if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                    // SAFETY: the CPU has just said that it knows both.
                    return unsafe { avx2($($arg),*) };
                }
            }
            any($($arg),*)
        }
    };
}

for_this_cpu! {
    /// Sets what is below zero to zero; NaN stays.
    pub fn relu(values: &mut [f32]) {
        for value in values {
            *value = if *value < 0.0 { 0.0 } else { *value };
        }
    }
}

for_this_cpu! {
    /// The gradient before a ReLU: that after it where the output is above zero.
    pub fn relu_gradient(gradient: &[f32], output: &[f32], out: &mut [f32]) {
        for ((out, gradient), output) in out.iter_mut().zip(gradient).zip(output) {
            *out = if 0.0 < *output { *gradient } else { 0.0 };
        }
    }
}

for_this_cpu! {
    pub fn add(sum: &mut [f32], values: &[f32]) {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += *value;
        }
    }
}

for_this_cpu! {
    pub fn multiply(a: &[f32], b: &[f32], out: &mut [f32]) {
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = a * b;
        }
    }
}

for_this_cpu! {
    /// In eight sums of doubles, so that the order is fixed and the loop still runs on vectors.
    pub fn sum_of_squares(values: &[f32]) -> f64 {
        let mut sums = [0.0; 8];
        let (whole, rest) = values.as_chunks::<8>();
        for chunk in whole {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += f64::from(*value) * f64::from(*value);
            }
        }
        let rest: f64 = rest.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
        sums.iter().sum::<f64>() + rest
    }
}

for_this_cpu! {
    /// One step of AdamW; see [`super::update::Adamw`] for the names.
    pub fn adamw(
        theta: &mut [f32],
        m: &mut [f32],
        v: &mut [f32],
        gradient: &[f32],
        rates: super::update::Adamw,
    ) {
        let super::update::Adamw { scale, beta1, beta2, rate, root, epsilon, keep } = rates;
        for (((theta, m), v), gradient) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
            let gradient = gradient * scale;
            *m = beta1 * *m + (1.0 - beta1) * gradient;
            *v = beta2 * *v + (1.0 - beta2) * gradient * gradient;
            *theta = *theta * keep - rate * *m / (v.sqrt() * root + epsilon);
        }
    }
}

for_this_cpu! {
    /// One step of SGD; see [`super::update::Sgd`] for the names.
    pub fn sgd(
        theta: &mut [f32],
        velocity: &mut [f32],
        gradient: &[f32],
        rates: super::update::Sgd,
    ) {
        let super::update::Sgd { scale, lr, momentum, nesterov, decay } = rates;
        for ((theta, velocity), gradient) in theta.iter_mut().zip(velocity).zip(gradient) {
            let gradient = gradient * scale + decay * *theta;
            *velocity = momentum * *velocity + gradient;
            let way = if nesterov { gradient + momentum * *velocity } else { *velocity };
            *theta -= lr * way;
        }
    }
}
