//! CUDA C++ of kernels: from typed trees, or around a body that is CUDA already.

use super::function::{Function, Pair};
use super::kind::Kind;
use super::parser::Binary;
use super::typed::{Assignment, Typed, TypedNode, Variable};
use std::fmt::Write;

/// A parameter of the generated kernel.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: String,
    pub kind: Kind,
}

/// What a kernel computes for an element.
pub enum Body<'a> {
    /// Assignments over variables: inputs, scalars, outputs, then i and n, then the body's own names.
    Typed { variables: &'a [Variable], assignments: &'a [Assignment] },
    /// The host's text, with the names of its parameters and its types.
    Cuda { text: &'a str, letters: &'a [(char, Kind)] },
}

/// The parameters of a kernel, in the order in which it is launched with them.
pub struct Parameters<'a> {
    pub inputs: &'a [Argument],
    pub scalars: &'a [Argument],
    pub outputs: &'a [Argument],
}

/// How values are combined: kind of the state, identity, and a function of two states.
pub struct Combination<'a> {
    pub kind: Kind,
    pub identity: &'a Typed,
    /// Over the variables a and b.
    pub reduce: &'a Typed,
}

/// The name of the elementwise kernel in its text.
pub const ELEMENTWISE: &str = "elementwise";
/// The name of the reduction in its text.
pub const REDUCTION: &str = "reduction";

/// The text of an elementwise kernel. Its parameters: the walk over inputs and outputs, the indices, n, the addresses of
/// inputs and outputs, the scalars as complex numbers of double precision.
pub fn elementwise(name: &str, preamble: &str, parameters: &Parameters, body: &Body) -> String {
    let mut text = head(name, "expression.cuh", preamble);
    signature(&mut text, ELEMENTWISE, parameters);
    text += ") {\n";
    scalars(&mut text, parameters, body);
    text += "    for (Index _k = dlops::thread(); _k < _walk.count; _k += dlops::threads()) {\n";
    elements(&mut text, name, parameters, body);
    if let Body::Typed { .. } = body {
        let first = parameters.inputs.len();
        for k in 0..parameters.outputs.len() {
            let variable = first + parameters.scalars.len() + k;
            let _ = writeln!(text, "        _to{k}[dlops::place(_walk, {}, _k)] = _v{variable};", first + k);
        }
    }
    text + "    }\n}\n"
}

/// The text of a reduction: as an elementwise kernel, whose one output is the value that is combined; three more parameters,
/// the slot of the result, room for a state of each block, and a counter.
pub fn reduction(
    name: &str,
    preamble: &str,
    parameters: &Parameters,
    body: &Body,
    combination: &Combination,
) -> String {
    let mut text = head(name, "reduction.cuh", preamble);
    let state = combination.kind.cuda();
    let _ = writeln!(text, "typedef {state} _State;");
    text += "struct _Combine {\n    __device__ _State operator()(_State _v0, _State _v1) const { return ";
    value(&mut text, combination.reduce);
    text += "; }\n};\n";
    let Parameters { inputs, scalars: numbers, outputs } = parameters;
    let without = Parameters { inputs, scalars: numbers, outputs: &[] };
    signature(&mut text, REDUCTION, &without);
    text += ", _State *_slot, _State *_partials, unsigned *_ticket) {\n";
    scalars(&mut text, parameters, body);
    text += "    const _State _identity = ";
    value(&mut text, combination.identity);
    text += ";\n    const _Combine _combine;\n    _State _own = _identity;\n";
    text += "    for (Index _k = dlops::thread(); _k < _walk.count; _k += dlops::threads()) {\n";
    let mapped = match body {
        Body::Typed { .. } => format!("_v{}", inputs.len() + numbers.len()),
        Body::Cuda { .. } => outputs[0].name.clone(),
    };
    if let Body::Cuda { .. } = body {
        let _ = writeln!(text, "        _State {mapped} = _identity;");
    }
    elements(&mut text, name, &without, body);
    let _ = writeln!(text, "        _own = _combine(_own, {mapped});\n    }}");
    text += "    dlops::grid_reduction(_own, _identity, _combine, _slot, _partials, _ticket);\n}\n";
    text
}

fn head(name: &str, header: &str, preamble: &str) -> String {
    let mut text = format!("#include \"{header}\"\n");
    if !preamble.is_empty() {
        let _ = writeln!(text, "#line 1 \"preamble of {name}\"\n{preamble}\n#line 1 \"kernel {name}\"");
    }
    text
}

fn signature(text: &mut String, entry: &str, parameters: &Parameters) {
    let arrays = parameters.inputs.len() + parameters.outputs.len();
    let _ = write!(
        text,
        "extern \"C\" __global__ void {entry}(const Walk<{arrays}> _walk, const dlops::Indices _indices, const Index n"
    );
    for (k, input) in parameters.inputs.iter().enumerate() {
        let _ = write!(text, ", const {} *_from{k}", input.kind.cuda());
    }
    for (k, output) in parameters.outputs.iter().enumerate() {
        let _ = write!(text, ", {} *_to{k}", output.kind.cuda());
    }
    for k in 0..parameters.scalars.len() {
        let _ = write!(text, ", const Complex<double> _number{k}");
    }
}

fn scalars(text: &mut String, parameters: &Parameters, body: &Body) {
    if let Body::Cuda { letters, .. } = body {
        for (letter, kind) in *letters {
            let _ = writeln!(text, "    typedef {} {letter};", kind.cuda());
        }
        for dtype in crate::dtype::DType::ALL {
            let _ = writeln!(text, "    typedef {} {};", Kind::from(dtype).cuda(), dtype.name());
        }
    }
    for (k, scalar) in parameters.scalars.iter().enumerate() {
        let (of, name) = (scalar.kind.cuda(), variable(body, parameters.inputs.len() + k, &scalar.name));
        let _ = writeln!(text, "    const {of} {name} = dlops::Into<{of}>::of(_number{k});");
    }
}

/// What a variable of the kernel is called in a body.
fn variable(body: &Body, number: usize, name: &str) -> String {
    match body {
        Body::Typed { .. } => format!("_v{number}"),
        Body::Cuda { .. } => name.into(),
    }
}

/// Inputs of the element, then the body.
fn elements(text: &mut String, name: &str, parameters: &Parameters, body: &Body) {
    for (k, input) in parameters.inputs.iter().enumerate() {
        let (of, name) = (input.kind.cuda(), variable(body, k, &input.name));
        let _ = writeln!(text, "        const {of} {name} = _from{k}[dlops::place(_walk, {k}, _k)];");
    }
    match body {
        Body::Typed { variables, assignments } => {
            if let Some(i) = variables.iter().position(|v| v.name == "i") {
                let _ = writeln!(
                    text,
                    "        const Index _v{i} = _indices.at(_k);\n        const Index _v{} = n;",
                    i + 1
                );
            }
            for assignment in *assignments {
                let _ = write!(text, "        const {} _v{} = ", assignment.value.kind.cuda(), assignment.variable);
                value(text, &assignment.value);
                *text += ";\n";
            }
        }
        Body::Cuda { text: lines, .. } => {
            let first = parameters.inputs.len();
            for (k, output) in parameters.outputs.iter().enumerate() {
                let (of, name, block) = (output.kind.cuda(), &output.name, first + k);
                let _ = writeln!(text, "        {of} &{name} = _to{k}[dlops::place(_walk, {block}, _k)];");
            }
            let _ = writeln!(text, "        const Index i = _indices.at(_k);");
            let _ = writeln!(text, "        {{\n#line 1 \"{name}\"\n{lines}\n#line 1 \"kernel {name}\"\n        ;}}");
        }
    }
}

/// The text of a value.
fn value(text: &mut String, typed: &Typed) {
    let of = typed.kind.cuda();
    let _ = match &typed.node {
        TypedNode::Integer(n) => match (typed.kind, *n) {
            (Kind::Int64, i64::MIN) => write!(text, "(-9223372036854775807LL - 1)"),
            (Kind::Int64, n) => write!(text, "({n}LL)"),
            (_, n) => write!(text, "int({n}LL)"),
        },
        TypedNode::Real(x) => {
            let number = match typed.kind.real() {
                // Rounded here, so that both sides have the same bits.
                Kind::Float32 => f64::from(*x as f32),
                _ => *x,
            };
            write!(text, "dlops::Into<{of}>::of(__longlong_as_double({}LL))", number.to_bits() as i64)
        }
        TypedNode::Variable(k) => write!(text, "_v{k}"),
        TypedNode::Convert(inner) => parts(text, &format!("dlops::Into<{of}>::of("), &[inner], ")"),
        TypedNode::Negate(inner) => parts(text, "(-", &[inner], ")"),
        TypedNode::Not(inner) => parts(text, "(!", &[inner], ")"),
        TypedNode::Binary(Binary::Divide, a, b) if a.kind.is_integer() => parts(text, "dlops::quotient(", &[a, b], ")"),
        TypedNode::Binary(Binary::Remainder, a, b) => parts(text, "dlops::remainder(", &[a, b], ")"),
        TypedNode::Binary(operator, a, b) => {
            text.push('(');
            value(text, a);
            let _ = write!(text, " {} ", operator.sign());
            value(text, b);
            write!(text, ")")
        }
        TypedNode::Choose(c, a, b) => {
            text.push('(');
            value(text, c);
            *text += " ? ";
            value(text, a);
            *text += " : ";
            value(text, b);
            write!(text, ")")
        }
        TypedNode::Call(function, inner) => parts(text, &format!("dlops::{}(", name(*function)), &[inner], ")"),
        TypedNode::CallPair(pair, a, b) => parts(text, &format!("dlops::{}(", pair_name(*pair)), &[a, b], ")"),
    };
}

fn parts(text: &mut String, before: &str, values: &[&Typed], after: &str) -> std::fmt::Result {
    *text += before;
    for (k, part) in values.iter().enumerate() {
        *text += if k == 0 { "" } else { ", " };
        value(text, part);
    }
    *text += after;
    Ok(())
}

/// The name in expression.cuh.
fn name(function: Function) -> &'static str {
    match function {
        Function::Sqrt => "sqrt",
        Function::Cbrt => "cbrt",
        Function::Exp => "exp",
        Function::Exp2 => "exp2",
        Function::Expm1 => "expm1",
        Function::Log => "log",
        Function::Log2 => "log2",
        Function::Log10 => "log10",
        Function::Log1p => "log1p",
        Function::Sin => "sin",
        Function::Cos => "cos",
        Function::Tan => "tan",
        Function::Asin => "asin",
        Function::Acos => "acos",
        Function::Atan => "atan",
        Function::Sinh => "sinh",
        Function::Cosh => "cosh",
        Function::Tanh => "tanh",
        Function::Asinh => "asinh",
        Function::Acosh => "acosh",
        Function::Atanh => "atanh",
        Function::Floor => "floor",
        Function::Ceil => "ceil",
        Function::Trunc => "trunc",
        Function::Rint => "rint",
        Function::Sign => "sign",
        Function::Square => "square",
        Function::Reciprocal => "reciprocal",
        Function::Abs => "abs",
        Function::Angle => "angle",
        Function::Real => "real",
        Function::Imag => "imag",
        Function::Conj => "conj",
        Function::IsNan => "isnan",
        Function::IsInf => "isinf",
        Function::IsFinite => "isfinite",
    }
}

fn pair_name(pair: Pair) -> &'static str {
    match pair {
        Pair::Pow => "pow",
        Pair::Atan2 => "atan2",
        Pair::Hypot => "hypot",
        Pair::Fmod => "fmod",
        Pair::Copysign => "copysign",
        Pair::Minimum => "minimum",
        Pair::Maximum => "maximum",
        Pair::Fmin => "fmin",
        Pair::Fmax => "fmax",
        Pair::Complex => "complex",
    }
}
